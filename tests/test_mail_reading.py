"""Any mail: how its file is cut, its characters decoded, its text chosen, and who wrote it at what moment."""

import base64
import io
import time
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.fields import Cleaning
from intake.readers import READERS
from intake.readers.formats import Head
from intake.readers.mail import headers, splitting
from intake.readers.mail.charsets import decode
from intake.readers.mail.markup import text_of
from intake.readers.mail.quoting import newest
from intake.readers.text import FileUnreadable
from intake.rows import Bad
from intake.statements import read_statement
from tests.mails import DATA, DE, OBSERVED, context, from_buyer, mail, mailbox, problem, record, row, rows, sample

EMAIL = READERS["email"]


def test_an_out_of_office_note() -> None:
    assert record(sample("autoreply_out_of_office")) == {
        "type": "message", "external_id": "oof-1@example.net", "system": "email",
        "source_updated_at": "2026-11-09T18:41:30+00:00", "sent_at": "2026-11-09T18:41:30+00:00",
        "conversation_external_id": "reply-1@example.com", "in_reply_to_external_id": "reply-1@example.com",
        "author_kind": "buyer", "direction": "inbound", "automatic": True, "automatic_reason": "auto_submitted",
        "body_text": "I am out of office until Monday.", "channel": "email", "subject": "Automatic reply: Your order",
        "buyer_key": context().pseudonym("alex@example.net"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"Auto_Submitted": "no"}, None), ({"X_Auto_Response_Suppress": "All"}, None),
        ({"Auto_Submitted": "auto-generated; x=y"}, "auto_submitted"), ({"X_Autoreply": "yes"}, "auto_submitted"),
        ({"X_Autorespond": "1"}, "auto_submitted"), ({"Precedence": "auto_reply"}, "auto_submitted"),
        ({"Return_Path": "<>"}, "auto_submitted"), ({"Precedence": "bulk"}, "bulk"), ({"Precedence": "list"}, "bulk"),
        ({"List_Id": "<news.example>"}, "bulk"), ({"From": "no-reply@example.net"}, "bulk"),
        ({"From": "DoNotReply@example.net"}, "bulk"),
    ],
)  # fmt: skip
def test_automatic_mail(said: dict[str, str], reason: str | None) -> None:
    found = record(mail("Hello", **said))
    assert (found.get("automatic_reason"), found.get("automatic")) == (reason, True if reason else None)


def test_a_bounce_is_the_systems() -> None:
    content = mail("It could not be delivered.", Content_Type="multipart/report; boundary=b")
    content = content.replace(b"It could", b"--b\nContent-Type: text/plain\n\nIt could") + b"\n--b--\n"
    found = record(content)
    assert (found["author_kind"], found["automatic"], found["body_text"]) == (
        "system", True, "It could not be delivered.",
    )  # fmt: skip
    assert "buyer_key" not in found


@pytest.mark.parametrize(
    ("results", "trusted"),
    [
        ("mx.example; dmarc=fail", False), ("mx.example; spf=fail smtp.mailfrom=x", False),
        ("mx.example; dkim=fail (bad signature)", False), ("mx.example; dmarc=pass; spf=fail (forwarded)", True),
        ("mx.example; spf=softfail; dkim=none", True), ("mx.example; spf=pass (dkim=fail in a comment)", True),
    ],
)  # fmt: skip
def test_senders_that_the_server_does_not_believe(results: str, trusted: bool) -> None:
    for content in (mail("Hi", Authentication_Results=results), from_buyer("Hi", Authentication_Results=results)):
        found = row(content).record
        assert isinstance(found, Bad) is not trusted
        if not trusted:
            assert found.code == "sender_not_trusted"


@pytest.mark.parametrize(
    ("date", "received", "sent"),
    [
        ("Mon, 09 Nov 2026 10:00:00 +0100", "", "2026-11-09T09:00:00+00:00"),
        ("Mon, 09 Nov 2026 10:00:00 +0000", "Tue, 10 Nov 2026 09:00:00 +0000", "2026-11-09T10:00:00+00:00"),
        ("Mon, 09 Nov 2026 10:00:00 +0000", "Sun, 08 Nov 2026 09:59:59 +0000", "2026-11-08T09:59:59+00:00"),
        ("Mon, 09 Nov 2026 10:00:00 +0000", "Wed, 09 Dec 2026 10:00:00 +0000", "2026-11-09T10:00:00+00:00"),
        ("Mon, 09 Nov 2026 10:00:00 +0000", "Wed, 09 Dec 2026 10:00:01 +0000", "2026-12-09T10:00:01+00:00"),
        ("", "Mon, 09 Nov 2026 10:00:00 -0500", "2026-11-09T15:00:00+00:00"),
        ("yesterday", "Mon, 09 Nov 2026 10:00:00 -0500", "2026-11-09T15:00:00+00:00"),
    ],
)
def test_the_mails_own_date_where_the_server_does_not_belie_it(date: str, received: str, sent: str) -> None:
    content = mail("Hi", Date=date, Received=f"from a by b; {received}" if received else "")
    assert record(content)["sent_at"] == sent


def test_the_time_of_the_separator_is_the_servers() -> None:
    content = b"From kim@example.net Mon Nov  9 10:00:05 2026\n" + mail("Hi", Date="")
    assert record(content)["sent_at"] == "2026-11-09T10:00:05+00:00"
    assert problem(mail("Hi", Date="")) == "bad_timestamp"


@pytest.mark.parametrize("separator", ["Sat Nov 21 12:00:00 2026", "Thu Jan 01 00:00:00 1970"])
def test_a_sent_mail_keeps_its_date_however_long_afterwards_it_is_exported(separator: str) -> None:
    sent = mail("Hi", From="support@shop.example", Date="Mon, 05 Oct 2026 10:00:00 +0000")
    assert record(f"From - {separator}\n".encode() + sent)["sent_at"] == "2026-10-05T10:00:00+00:00"


def test_a_sent_mail_was_not_written_after_it_was_kept() -> None:
    sent = mail("Hi", From="support@shop.example", Date="Mon, 05 Oct 2026 10:00:00 +0000")
    assert record(b"From - Sat Oct 03 12:00:00 2026\n" + sent)["sent_at"] == "2026-10-03T12:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "charset", "declared", "guessed"),
    [
        ("Grüße, Zoë", "utf-8", "utf-8", False), ("Grüße", "cp1252", "iso-8859-1", False),
        ("“Grüße” – 5 €", "cp1252", "iso-8859-1", False), ("Grüße an Zoë", "utf-8", "iso-8859-1", True),
        ("電気スタンドが壊れました", "iso2022_jp", "iso-2022-jp", False),
        ("電気スタンドが壊れました", "iso2022_jp", "us-ascii", True),
        ("①番の㈱髙島屋～", "cp932", "shift_jis", False), ("灯坏了，请退款", "gb18030", "gb2312", False),
        ("燈壞了，請退款", "big5", "big5", False), ("Привет, лампа", "koi8-r", "koi8-r", False),
        ("灯坏了，请退款", "gb18030", "utf-8", True), ("Lámpara rota, ¿pueden enviar otra?", "cp1252", "utf-8", True),
        ("Lámpara", "utf-8", "x-unknown-charset", True), ("Hello", "ascii", "", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_character_sets_also_wrong_ones(text: str, charset: str, declared: str, guessed: bool, encoding: str) -> None:
    data = text.encode(charset)
    body = base64.encodebytes(data) if encoding == "base64" else data
    kind = f"text/plain; charset={declared}" if declared else "text/plain"
    found = row(mail(body, Content_Type=kind, Content_Transfer_Encoding=encoding))
    assert found.record["body_text"] == text
    assert bool(found.warnings) is guessed


def test_a_japanese_account_reads_undeclared_bytes_in_its_own_character_set() -> None:
    where = context(mailbox(marketplace="JP"))
    assert (
        record(mail("配送はいつですか".encode("cp932"), Content_Type="text/plain"), where)["body_text"]
        == "配送はいつですか"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"), ("=?iso-2022-jp?B?GyRCRUU1JBsoQg==?=", "電気"),
        ("=?utf-8?b?5LiA?=\n =?utf-8?b?5LqM?=", "一二"), ("=?gb2312?B?tcbFrg==?=", "灯女"),
        ("=?utf-8?q?broken=ZZ?= rest", "broken=ZZ rest"), ("Grüße", "Grüße"), ("=?nonsense?q?abc?=", "abc"),
        ("a\n b", "a b"),
    ],
)  # fmt: skip
def test_subjects_in_encoded_words(value: str, text: str) -> None:
    assert record(mail("Hi", Subject=value))["subject"] == text


def test_html_as_a_person_sees_it() -> None:
    text, blocks = text_of(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Hello&nbsp;<b>Kim</b>,</p>line<br>two"
        "<div style='display:none'>secret<p>x</p></div><span hidden>y</span><!-- no -->"
        "<ul><li>one<li>two</ul><script>if (a<b) {}</script><blockquote type=cite>old</blockquote>"
        "<div class='gmail_quote'>older <div>oldest</div></div>end</body></html>"
    )
    assert text == "Hello Kim,\nline\ntwo\n\none\ntwo\n\nend"
    assert blocks == []
    assert text_of("<pre>a\n  b</pre>x<pre>c</pre>")[1] == ["a\nb", "c"]


def test_plain_text_before_html_unless_it_is_a_stub() -> None:
    def both(plain: str) -> bytes:
        made = EmailMessage()
        made["From"], made["Date"], made["To"] = "kim@example.net", "Mon, 09 Nov 2026 10:00:00 +0000", "a@b.example"
        made.set_content(plain)
        made.add_alternative("<p>From HTML</p>", subtype="html")
        made.add_attachment(b"x" * 1000, maintype="image", subtype="png", filename="Grüße.png")
        return made.as_bytes()

    found = record(both("From the text"))
    assert found["body_text"] == "From the text"
    assert found["attachments"] == [{"name": "Grüße.png", "media_type": "image/png", "size": 1000}]
    assert record(both(" \n"))["body_text"] == "From HTML"
    assert record(both("Please use an HTML viewer."))["body_text"] == "From HTML"


@pytest.mark.parametrize(
    "head",
    [
        "On Mon, Nov 9, 2026 at 10:00 AM Sam <sam@shop.example> wrote:", "Am 09.11.2026 um 10:00 schrieb Sam:",
        "Le lun. 9 nov. 2026 à 10:00, Sam a écrit :", "Il giorno lun 9 nov 2026 alle 10:00 Sam ha scritto:",
        "El lun, 9 nov 2026 a las 10:00, Sam escribió:", "在 2026年11月9日 10:00,Sam <sam@shop.example> 写道:",
        "-----Original Message-----", "-----Ursprüngliche Nachricht-----",
    ],
)  # fmt: skip
def test_quoted_history_is_cut(head: str) -> None:
    assert newest(f"Thank you!\nKim\n\n{head}\n> Where is it?\n> Soon.\n") == "Thank you!\nKim"


def test_answers_between_quoted_lines_stay() -> None:
    assert newest("> When?\nTomorrow.\n> Where?\nHere.") == "Tomorrow.\nHere."
    assert newest("> only quoted") == "> only quoted"


def test_threads_of_ordinary_mail() -> None:
    first = record(mail("Hi", Message_ID="<one@x>"))
    second = record(mail("Hi", Message_ID="<two@x>", In_Reply_To="<one@x>"))
    third = record(mail("Hi", Message_ID="<three@x>", In_Reply_To="<two@x>", References="<one@x>\n <two@x>"))
    assert {one["conversation_external_id"] for one in (first, second, third)} == {"one@x"}


def test_a_mail_without_an_id_is_known_by_what_it_says() -> None:
    one, other = (record(mail(text, Message_ID="")) for text in ("Hi", "Ho"))
    assert one["external_id"].startswith("sha256:")
    assert one["external_id"] != other["external_id"]
    assert record(mail("Hi", Message_ID=""))["external_id"] == one["external_id"]


def test_several_recipients_and_the_shops_own_answer() -> None:
    shop = context(mailbox(tags=("support@shop.example",)))
    asked = record(mail("Hi", To="a@b.example, Support <support+x@shop.example>, c@d.example"), shop)
    assert (asked["author_kind"], asked["buyer_key"]) == ("buyer", shop.pseudonym("kim@example.net"))
    answer = record(
        mail("Yes", From="Sam <Support@shop.example>", To="Kim <kim@example.net>", References="<one@x>"), shop
    )
    assert (answer["author_kind"], answer["direction"], answer["conversation_external_id"]) == (
        "agent", "outbound", "one@x",
    )  # fmt: skip
    assert answer["buyer_key"] == asked["buyer_key"]


def test_a_form_of_the_shop_brings_a_buyers_message() -> None:
    shop = context(mailbox(tags=("support@shop.example",)))
    found = record(mail("Hi", From="support@shop.example", To="support@shop.example", Reply_To="kim@example.net"), shop)
    assert (found["author_kind"], found["buyer_key"]) == ("buyer", shop.pseudonym("kim@example.net"))


US_BOX, DE_BOX = mailbox("acme-us", ("west",)), mailbox("acme-de", ("de",), "DE")


@pytest.mark.parametrize(
    ("said", "account"),
    [
        ({}, ""), ({"To": "support+west@shop.example"}, ""), ({"To": "support+de@shop.example"}, "acme-de"),
        ({"To": "x@y.example, Support <support+DE@shop.example>"}, "acme-de"),
        ({"Delivered_To": "support+acme-de@shop.example"}, "acme-de"), ({"To": "support+fr@shop.example"}, None),
        ({"X_Marketplace_ID": DE}, "acme-de"), ({"X_Marketplace_ID": "A13V1IB3VIYZZH"}, None),
        ({"X_Marketplace_ID": DE, "To": "support+west@shop.example"}, "acme-de"),
    ],
)  # fmt: skip
def test_which_account_a_mail_is_for(said: dict[str, str], account: str | None) -> None:
    found = row(mail("Hi", **said), context(US_BOX, DE_BOX))
    if account is None:
        assert found.record.code == "unknown_account"
        return
    assert found.account == account
    box = DE_BOX if account else US_BOX
    assert found.record["buyer_key"] == context(box).pseudonym("kim@example.net"), "of the account it is for"


def test_two_accounts_with_one_address_are_not_chosen_between() -> None:
    where = context(US_BOX, mailbox("b", ("both@x.example",), ""), mailbox("c", ("both@x.example",), ""))
    assert row(mail("Hi", To="both@x.example"), where).record.code == "unknown_account"


def test_an_mbox_of_many_mails() -> None:
    parts = [mail(f"Number {number}\n\nFrom me", Message_ID=f"<{number}@x>") for number in range(500)]
    quoted = [one.replace(b"\nFrom me", b"\n>From me") for one in parts]
    content = b"".join(b"From kim@example.net Mon Nov  9 10:00:00 2026\n" + one + b"\n\n" for one in quoted)
    found = rows(content)
    assert [one.pointer for one in found] == [f"mail {number}" for number in range(1, 501)]
    assert found[7].record["body_text"] == "Number 7\n\nFrom me"


def test_a_line_that_only_begins_like_a_separator_is_text() -> None:
    content = b"From a@b Mon Nov  9 10:00:00 2026\n" + mail("Hi\n\nFrom now on I wait.\n")
    assert record(content)["body_text"] == "Hi\n\nFrom now on I wait."


def test_one_mail_that_is_too_large_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAIL_LIMIT", 2000)
    parts = [mail("a", Message_ID="<a@x>"), mail("b" * 3000), mail("c", Message_ID="<c@x>")]
    content = b"".join(b"From x@y Mon Nov  9 10:00:00 2026\n" + one + b"\n\n" for one in parts)
    first, second, third = rows(content)
    assert (first.record["external_id"], second.record.code, third.record["external_id"]) == (
        "a@x", "too_large", "c@x",
    )  # fmt: skip


def test_a_zip_of_mails_is_read_as_each_by_itself() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for one in sorted(DATA.glob("*.eml")):
            archive.writestr(one.name, one.read_bytes())
    found = list(READERS["archive"].read(packed, context()))
    assert {one.source for one in found} == {"email"}
    assert sorted(one.record["external_id"] for one in found) == sorted(
        record(one.read_bytes())["external_id"] for one in DATA.glob("*.eml")
    )


@pytest.mark.parametrize(
    "content",
    [
        mail("Grüße"),
        mail("電気".encode("iso2022_jp"), Content_Type="text/plain; charset=iso-2022-jp"),
        mail("Grüße \\x41 C:\\xyz".encode("cp1252"), Content_Type="text/plain; charset=cp1252"),
        mail("a\x00b\x07c \\x41"),
        mail("x\u0085y"),
        mail("one\r\ntwo").replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"),
    ],
)
def test_the_text_of_a_row_can_be_read_again(content: bytes) -> None:
    first = row(content)
    assert first.text is not None
    stored = {name: str(value) for name, value in first.defaults.items()}
    (second,) = EMAIL.again(first.text, stored, context())
    assert second.record == first.record


def nested(depth: int) -> bytes:
    body = b"hello"
    for level in range(depth):
        body = b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (level + 1, level) + body
    return mail(body, Content_Type=f"multipart/mixed; boundary=b{depth}")


HOSTILE = {
    "no headers": b"just text\nand more",
    "only a colon": b": x\n\n",
    "nothing after": b"From: a@b.example\nDate: Mon, 09 Nov 2026 10:00:00 +0000",
    "huge field": mail("x", To="a@b.example, " * 100_000),
    "huge header": mail("x", X="y" * 2_000_000),
    "many fields": mail("x") .replace(b"\n\n", b"\n" + b"X-A: 1\n" * 60_000 + b"\n", 1),
    "encoded words": mail("x", Subject="=?utf-8?q?a?= " * 50_000),
    "ten thousand parts": mail(
        b"".join(b"--b\nContent-Type: text/plain\n\nx\n" for _ in range(10_000)),
        Content_Type="multipart/mixed; boundary=b",
    ),
    "nested": nested(150),
    "nested deeply": nested(5_000),
    "no end": mail(b"--b\nContent-Type: text/html\n\n<div", Content_Type="multipart/mixed; boundary=b"),
    "no boundary": mail("x", Content_Type="multipart/mixed"),
    "bad base64": mail("!!!=", Content_Transfer_Encoding="base64"),
    "nul": mail("a\x00b", Subject="a\x00b", Message_ID="<a\x00b>"),
    "codec": mail("eJwDAAAAAAE=", Content_Type="text/plain; charset=zlib_codec"),
    "punycode": mail("a" * 200_000, Content_Type="text/plain; charset=punycode"),
    "open tags": mail("<div>" * 100_000, Content_Type="text/html"),
    "open comments": mail("<!--" * 100_000, Content_Type="text/html"),
    "angles": mail("<a " * 150_000, Content_Type="text/html"),
    "heads": mail("On " * 30_000 + "wrote:", Content_Type="text/plain"),
    "quoted": mail("> " * 100_000),
    "froms": mail("From: x\nSent: y\n" * 5_000),
    "date": mail("x", Date="Mon, 99 Nov 999999 99:99:99 +9999"),
    "surrogates": mail(b"\xed\xa0\x80\xff\xfe", Content_Type="text/plain; charset=utf-8"),
    "names": mail("x", Content_Type="image/png; name*0*=utf-8''%E4; name*1=x; name*x*=y"),
    "list of nothing": mail("x", From="<>,;:@", Reply_To="(" * 20_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_become_rows_in_bounded_time(name: str) -> None:
    began = time.process_time()
    found = list(EMAIL.read(io.BytesIO(HOSTILE[name]), context()))
    (only,) = found
    again = list(EMAIL.again(only.text or "", {key: str(value) for key, value in only.defaults.items()}, context()))
    assert len(again) == 1
    if isinstance(only.record, dict):
        read_statement(only.record, cleaning=Cleaning(OBSERVED), defaults=only.defaults)
    assert time.process_time() - began < 20  # a few seconds at most; a pattern that runs away takes hours


pieces = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([
        b"From: a@b.example\n", b"Subject: =?utf-8?b?", b"\n\n", b"Content-Type: multipart/mixed; boundary=x\n",
        b"--x\n",
        b"From x@y Mon Nov  9 10:00:00 2026\n", b"Content-Transfer-Encoding: base64\n", b"charset=gb2312\n", b"\x1b$B",
        b"Date: Mon, 09 Nov 2026 10:00:00 +0000\n", b"X-Space-Notification-Type: RETURN_REQUEST\n", b"<pre>", b"-- ",
        b"To: a1+11111111-2222-4333-8444-555555555555@marketplace.amazon.com\n", b"donotreply@amazon.com", b"=\n",
    ]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=25).map(b"".join))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    try:
        for one in EMAIL.read(io.BytesIO(content), context()):
            list(EMAIL.again(one.text or "", {key: str(value) for key, value in one.defaults.items()}, context()))
    except FileUnreadable:
        pass


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(DATA.glob("*.eml"))), st.integers(0, 2000), st.binary(max_size=8), st.integers(0, 30))
def test_no_damage_to_a_real_mail_makes_the_reader_fail(path: Path, place: int, bytes_: bytes, gone: int) -> None:
    content = path.read_bytes()
    damaged = content[: place % len(content)] + bytes_ + content[place % len(content) + gone :]
    for one in EMAIL.read(io.BytesIO(damaged), context()):
        assert one.pointer


@given(st.binary(max_size=300))
def test_a_source_survives_as_text(content: bytes) -> None:
    text, spelled = splitting.as_text(content)
    assert splitting.as_bytes(text, spelled) == content.replace(b"\r\n", b"\n")


def test_a_table_and_json_are_no_mail() -> None:
    for text in (b"order-id\tpurchase-date\n1\t2", b'{"From": "x"}', b"Date,Subject\n1,2", b"From: x\nplain text"):
        assert splitting.fit(Head(text)) == 0
    assert splitting.fit(Head(b"Received: x\n\ty\nFrom: z\n\nbody")) > 0


def test_dates_and_ids() -> None:
    assert headers.moment("Mon, 09 Nov 2026 10:00:00 -0000") == datetime(2026, 11, 9, 10, tzinfo=UTC)
    assert headers.moment("nonsense") is None
    assert headers.ident("a" * 300).startswith("sha256:")
    assert decode(b"abc", "")[0] == "abc"
