"""Amazon's mails: what each of them becomes, in the languages of its marketplaces."""

from typing import Any

import pytest

from intake.readers.mail import amazon
from intake.rows import Clue
from tests.mails import DE, JP, RELAY, context, copy_of, from_buyer, mail, mailbox, problem, record, row, rows, sample


def said(content: bytes, *names: str) -> dict[str, Any]:
    found = record(content)
    return {name: found.get(name) for name in names}


def test_a_buyers_message() -> None:
    found = row(sample("buyer_message_us"))
    buyer = context().pseudonym("a1b2c3d4e5f6g7h@marketplace.amazon.com")
    assert found.record == {
        "type": "message", "external_id": "0100019a-test-0001@email.amazonses.com", "system": "amazon",
        "source_updated_at": "2026-11-09T15:02:11+00:00", "sent_at": "2026-11-09T15:02:11+00:00",
        "conversation_external_id": "a1b2c3d4e5f6g7h|111-1111111-1111111", "author_kind": "buyer",
        "direction": "inbound", "body_text": "The lamp arrived broken. Can you send a new one?",
        "channel": "amazon_message", "buyer_key": buyer, "subject": "Order delivery (Order: 111-1111111-1111111)",
        "topic": "Order delivery", "order_external_id": "111-1111111-1111111",
    }  # fmt: skip
    assert found.clue is not None
    assert (found.clue.kind, found.clue.token, found.clue.order_external_id) == (
        Clue.QUESTION, "ATESTTOKEN0000001", "111-1111111-1111111",
    )  # fmt: skip


def test_a_question_before_the_purchase_is_known_by_its_case() -> None:
    found = record(sample("buyer_message_presale_case_id"))
    assert found["conversation_external_id"] == "11111111-2222-4333-8444-555555555555"
    assert found["body_text"] == "Does the lamp take E27 bulbs?\nThanks"
    assert (found["subject"], found["topic"]) == ("Product details", "Product details")
    assert "order_external_id" not in found


def test_a_notice_about_a_buyer_who_called_waits_for_an_answer() -> None:
    found = record(sample("amazon_cs_on_behalf"))
    assert (found["author_kind"], found.get("automatic"), found["direction"]) == ("buyer", None, "inbound")
    assert found["conversation_external_id"] == "q9w8e7r6t5test|116-6666666-6666666"
    assert found["body_text"].startswith("Hello,\nWe've been contacted")
    assert found["body_text"].endswith("Details: Customer asks where the parcel is.")
    assert found["subject"] == "(Order: 116-6666666-6666666)"


def test_the_copy_of_an_answer_brings_its_clues() -> None:
    found = row(sample("seller_reply_confirmation_copy"))
    assert found.record["body_text"] == "Hello Alex,\nwe ship a new lamp today."
    assert (found.record["author_kind"], found.record["direction"]) == ("agent", "outbound")
    assert found.clue is not None
    question = row(sample("buyer_message_us")).clue
    assert question is not None
    assert (found.clue.kind, found.clue.token, found.clue.name_key) == (
        Clue.COPY, "ATESTTOKEN0000001", question.name_key,
    )  # fmt: skip


def test_a_wish_to_cancel_is_no_order() -> None:
    assert record(sample("cancel_request")) == {
        "type": "order", "external_id": "119-9999999-9999999", "partial": True, "system": "amazon",
        "buyer_cancel_requested_at": "2026-11-12T05:11:00+00:00", "source_updated_at": "2026-11-12T05:11:00+00:00",
    }  # fmt: skip


def test_a_granted_claim() -> None:
    assert record(sample("a_to_z_claim")) == {
        "type": "claim", "external_id": "a2z:114-4444444-4444444", "order_external_id": "114-4444444-4444444",
        "kind": "a_to_z", "status": "granted", "decided_at": "2026-11-13T07:20:00+00:00", "amount": "39.99",
        "currency": "USD", "system": "amazon", "source_updated_at": "2026-11-13T07:20:00+00:00",
    }  # fmt: skip


def test_a_return_that_was_asked_for() -> None:
    # 20:38 UTC is still 9 November in Los Angeles.
    assert record(sample("return_request")) == {
        "type": "return", "external_id": "111-1111111-1111111:B0TEST0001:2026-11-09", "partial": True,
        "order_external_id": "111-1111111-1111111", "requested_at": "2026-11-09T20:38:00+00:00",
        "status": "requested", "reason": "Defective", "comment": "Broken glass", "fulfilled_by": "merchant",
        "items": [{"sku": "LAMP-BLK", "asin": "B0TEST0001", "quantity": 1}], "system": "amazon",
        "source_updated_at": "2026-11-09T20:38:00+00:00",
    }  # fmt: skip


def test_a_return_with_its_rma_id_is_known_by_it() -> None:
    content = mail(
        "Order ID: 111-1111111-1111111\nAmazon RMA ID: DSAMPLE1RRMA\nASIN: B0TEST0001\n",
        From="donotreply@amazon.com", Subject="Return request", X_Space_Notification_Type="RETURN_REQUEST",
    )  # fmt: skip
    assert record(content)["external_id"] == "DSAMPLE1RRMA"


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("------------- Begin message -------------", "------------- End message -------------"),
        ("-- Message: --", "--End message--"),
        ("------------- Begin message / Début du message -------------",
         "------------- End message / Fin du message -------------"),
        ("------------- Anfang der Nachricht -------------", "------------- Ende der Nachricht -------------"),
        ("------------- Début du message -------------", "------------- Fin du message -------------"),
        ("------------- Inizio messaggio -------------", "------------- Fine messaggio -------------"),
        ("------------- Iniciar mensaje -------------", "------------- Finalizar mensaje -------------"),
        ("------------- Mensagem: -------------", "------------- Mensagem final -------------"),
        ("------------- Iniciar mensagem -------------", "------------- Encerrar mensagem -------------"),
        ("------------- Iniciar mensagem -------------", "------------- Fim da mensagem -------------"),
        ("------------- メッセージはここから -------------", "------------- メッセージはここまで -------------"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", ["\n\n", " "])
def test_the_text_between_the_markers(begin: str, end: str, between: str) -> None:
    body = f"Order\n{begin}{between}Wo ist es?\nDanke{between}{end}\nfooter [commMgrTok:T1]"
    assert record(from_buyer(body))["body_text"] == "Wo ist es?\nDanke"


def test_the_text_after_the_word_message_ends_at_the_footer() -> None:
    body = "You have received a message.\nMessage:\nWhere is it?\n\nFor Your Information: To help arbitrate disputes …"
    assert record(from_buyer(body))["body_text"] == "Where is it?"
    assert record(from_buyer(body.replace("Message:\n", "")))["body_text"].endswith("Where is it?")


@pytest.mark.parametrize(
    ("subject", "name", "kept", "topic"),
    [
        ("Product details inquiry from Amazon customer Robin(Order: 999-1000005-2000005)", "Robin",
         "Product details (Order: 999-1000005-2000005)", "Product details"),
        ("Return policy inquiry from Amazon customer Robin Doe", "Robin Doe", "Return policy", "Return policy"),
        ("Inquiry from Amazon customer Robin (Order: 999-1000005-2000005)", "Robin",
         "(Order: 999-1000005-2000005)", ""),
        ("Produktdetails Anfrage vom Amazon-Kunden Jörg (Bestellung: 999-1000005-2000005)", "Jörg",
         "Produktdetails (Bestellung: 999-1000005-2000005)", "Produktdetails"),
        ("Demande de renseignements de la part du client Amazon Zoé (Commande : 999-1000005-2000005)", "Zoé",
         "(Commande : 999-1000005-2000005)", ""),
        ("Consegna richiesta dal cliente Amazon Ugo (Ordine: 999-1000005-2000005)", "Ugo",
         "Consegna (Ordine: 999-1000005-2000005)", "Consegna"),
        ("Entrega consulta del cliente de Amazon Íñigo (Pedido: 999-1000005-2000005)", "Íñigo",
         "Entrega (Pedido: 999-1000005-2000005)", "Entrega"),
        ("Entrega consulta do cliente da Amazon João (Pedido: 999-1000005-2000005)", "João",
         "Entrega (Pedido: 999-1000005-2000005)", "Entrega"),
        ("Amazonのカスタマー 山田 様から配送に関するお問い合わせ(注文: 999-1000005-2000005)", "山田",
         "配送 (注文: 999-1000005-2000005)", "配送"),
    ],
)  # fmt: skip
def test_subjects_give_a_topic_and_keep_no_name(subject: str, name: str, kept: str, topic: str) -> None:
    assert amazon.buyer_name("Amazon Customer Service", subject) == name
    found = record(from_buyer("Hi", Subject=f"Re: {subject}", From=f"Amazon <{RELAY}>"))
    assert (found["subject"], found.get("topic", "")) == (kept, topic)
    assert name not in str({key: value for key, value in found.items() if key != "body_text"})


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Your e-mail to Alex", "Alex"), ("Your email to Alex Doe", "Alex Doe"), ("Ihre E-Mail an Jörg", "Jörg"),
        ("Votre e-mail à Zoé", "Zoé"), ("Votre courriel à Zoé", "Zoé"), ("La tua e-mail a Ugo", "Ugo"),
        ("Il tuo messaggio per Ugo", "Ugo"), ("Tu correo electrónico para Íñigo", "Íñigo"),
        ("Su mensaje a Íñigo", "Íñigo"), ("Seu e-mail para João", "João"), ("Je e-mail aan Bram", "Bram"),
        ("Ditt e-postmeddelande till Åsa", "Åsa"), ("Twoja wiadomość e-mail do Łukasz", "Łukasz"),
        ("山田様へのEメール", "山田"), ("Your e-mail to Alex (Order: 111-1111111-1111111)", "Alex"),
    ],
)  # fmt: skip
def test_copies_are_known_by_their_subject_too(subject: str, name: str) -> None:
    assert amazon.copied_to(subject) == name
    found = row(copy_of("Hello", Subject=subject, X_Space_Notification_Type=""))
    assert found.clue is not None and found.clue.kind == Clue.COPY
    assert name not in str(found.record)
    asked = row(from_buyer("Hi", From=f'"{name.upper()} - Amazon Marketplace" <{RELAY}>')).clue
    assert asked is not None
    assert asked.name_key == found.clue.name_key, "letters' case and accents make no other buyer"


@pytest.mark.parametrize(
    ("sender", "trusted"),
    [
        ("a1@marketplace.amazon.com", True), ("A1@Marketplace.Amazon.CO.JP", True),
        ("a1@marketplace.amazon.com.be", True),
        ("a1@marketplace.amazon.com.evil.tld", False), ("a1@marketplace.amazon.evil", False),
        ("a1@evilmarketplace.amazon.com", False), ("a1@marketplace-amazon.com", False),
    ],
)  # fmt: skip
def test_a_relay_is_known_by_its_whole_domain(sender: str, trusted: bool) -> None:
    assert (amazon.relay_of(sender) is not None) is trusted
    found = row(from_buyer("Hi", From=sender))
    if trusted:
        assert found.record["channel"] == "amazon_message"
    else:
        assert found.record.code == "sender_not_trusted"


def test_a_mail_of_nobody_known_is_ordinary_mail_even_in_amazons_words() -> None:
    found = record(from_buyer("Hi", From="a1@marketplace.amazon.com.evil.tld", X_Space_Notification_Type=""))
    assert (found["system"], found["channel"]) == ("email", "email")


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Stornierungsanfrage für Bestellung 111-1111111-1111111", "order"),
        ("Demande d’annulation de la commande 111-1111111-1111111", "order"),
        ("キャンセルリクエスト 111-1111111-1111111", "order"),
        ("Rücksendeantrag zu Bestellung 111-1111111-1111111", "return"),
        ("Solicitud de devolución del pedido 111-1111111-1111111", "return"),
        ("A-to-z Guarantee claim for order 111-1111111-1111111", "claim"),
        ("A-bis-z-Garantieantrag zu Bestellung 111-1111111-1111111", "claim"),
    ],
)  # fmt: skip
def test_notices_are_known_by_their_subject_too(subject: str, kind: str) -> None:
    found = record(mail("…", From="donotreply@amazon.de", Subject=subject))
    assert found["type"] == kind
    if kind == "claim":
        assert found["opened_at"] == "2026-11-09T10:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("We denied the A-to-z claim for this order.", "denied"),
        ("The buyer has withdrawn the claim.", "withdrawn"),
        ("We granted the claim. 20.00 USD will be withdrawn from your balance. To appeal, click here.", "granted"),
        ("Ihr Einspruch ist eingegangen.", "appealed"),
        ("保証申請は承認されました。", "granted"),
    ],
)  # fmt: skip
def test_what_became_of_a_claim(text: str, status: str) -> None:
    content = mail(
        f"{text}\nOrder 111-1111111-1111111", From="atoz-guarantee-no-reply@amazon.com", Subject="Claim",
        X_Space_Notification_Type="A_Z_CLAIM_RESPONDENT_CLOSE",
    )  # fmt: skip
    assert record(content)["status"] == status


def test_a_notice_without_an_order_is_set_aside() -> None:
    content = mail("…", From="donotreply@amazon.com", Subject="x", X_Space_Notification_Type="BRC_SELLER_NOTIFICATION")
    assert problem(content) == "missing_required"


def test_a_buyers_message_without_the_buyers_address_is_set_aside_not_dropped() -> None:
    assert problem(from_buyer("Hi", From="donotreply@amazon.com")) == "missing_required"


def test_notices_about_no_buyer_are_passed_over() -> None:
    assert rows(mail("You sold a lamp.", From="seller-notification@amazon.com", Subject="Sold, ship now")) == []


def test_an_order_stands_directly_after_text_and_may_be_missing() -> None:
    assert amazon.order_in("Erstattung anfordern(Bestellung: 301-1234567-1234567)") == "301-1234567-1234567"
    assert amazon.order_in("x", "# 301-1234567-1234567:") == "301-1234567-1234567"
    assert amazon.order_in("1301-1234567-1234567", "301-1234567-12345678", "call 555-1234567") == ""


def test_an_answer_by_mail_lies_in_the_buyers_thread() -> None:
    shop = context(mailbox(tags=("service@shop.example",)))
    content = mail(
        "We send a new one.\n\nOn Mon, 9 Nov 2026 Alex wrote:\n> broken",
        From="Sam <service@shop.example>", To=f"Alex <{RELAY}>",
        Subject="Re: Order delivery inquiry from Amazon customer Alex (Order: 111-1111111-1111111)",
        In_Reply_To="<0100019a@email.amazonses.com>",
    )  # fmt: skip
    found = record(content, shop)
    assert found["conversation_external_id"] == "a1b2c3d4|111-1111111-1111111"
    assert (found["author_kind"], found["direction"], found["body_text"]) == ("agent", "outbound", "We send a new one.")
    assert (found["author_external_id"], found["author_name"]) == ("service@shop.example", "Sam")
    assert "Alex" not in str({key: value for key, value in found.items() if key != "body_text"})


def test_the_relay_may_be_one_of_several_recipients() -> None:
    shop = context(mailbox(tags=("service@shop.example",)))
    content = mail(
        "Done.", From="service@shop.example",
        To="boss@shop.example, a1b2c3d4+11111111-2222-4333-8444-555555555555@marketplace.amazon.com",
    )  # fmt: skip
    assert record(content, shop)["conversation_external_id"] == "11111111-2222-4333-8444-555555555555"


def test_without_known_addresses_a_mail_that_no_server_brought_is_from_the_sent_folder() -> None:
    content = mail("Done.", From="somebody@shop.example", To=RELAY)
    assert record(content)["author_kind"] == "agent"
    carried = mail("Done.", From="somebody@shop.example", To=RELAY, Received="by mx; Mon, 09 Nov 2026 10:00:01 +0000")
    assert record(carried)["author_kind"] == "buyer"


def test_an_autoresponder_of_the_buyer_asks_for_nothing() -> None:
    found = row(from_buyer("I am away", Auto_Submitted="auto-replied"))
    assert found.record["automatic"] is True
    assert found.clue is not None and found.clue.kind == Clue.OTHER


@pytest.mark.parametrize(("marketplace", "domain"), [(DE, "de"), (JP, "co.jp")])
def test_a_relay_of_any_marketplace(marketplace: str, domain: str) -> None:
    country = {"de": "DE", "co.jp": "JP"}[domain]
    shop = context(mailbox(marketplace=country))
    content = from_buyer("Hi", From=f"z1@marketplace.amazon.{domain}", X_Marketplace_ID=marketplace)
    assert record(content, shop)["conversation_external_id"] == "z1|111-1111111-1111111"
