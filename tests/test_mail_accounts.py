"""A mailbox of several accounts: each mail goes where it belongs, and nowhere its sender may not write."""

import base64
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.test import Client

from config import keys
from intake import checks, imports
from intake.models import MailClue, RejectedRow
from intake.retry import retry
from messaging.models import Conversation, Message
from sellers.admin.accounts import AccountForm
from sellers.mailboxes import validate_mailbox_tags
from sellers.models import Membership, SellerAccount
from tests.amazon import counts, take_in
from tests.mails import DE, copy_of, from_buyer, mail
from tests.makers import make_account, make_user

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MANAGER = Membership.Role.MANAGER
pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> tuple[SellerAccount, SellerAccount]:
    return (
        make_account("acme-us", marketplace="US", mailbox_tags=["west"]),
        make_account("acme-de", marketplace="DE", time_zone="Europe/Berlin"),
    )


GERMAN = from_buyer("Wo ist es?", X_Marketplace_ID=DE, From="z1@marketplace.amazon.de", Message_ID="<de@x>")


def test_a_mail_for_another_account_of_the_sender_goes_there(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, de, role=MANAGER)
    assert counts(take_in(us, GERMAN, now=NOW, user=user)) == (1, 1, 0, 0, 0, 0)
    assert Message.objects.get().account == de
    assert MailClue.objects.get().account == de
    there = Conversation.objects.get().buyer_key
    run = take_in(de, GERMAN, now=NOW, user=user)
    assert counts(run) == (1, 0, 0, 1, 0, 0), "the same mail by the account's own way is the same record"
    assert Conversation.objects.get().buyer_key == there


def test_a_mail_for_an_account_of_others_is_set_aside(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, role=MANAGER)
    Membership.objects.create(user=user, account=de, role=Membership.Role.VIEWER)
    run = take_in(us, GERMAN, now=NOW, user=user)
    assert counts(run) == (1, 0, 0, 0, 0, 1)
    row = RejectedRow.objects.get()
    assert (row.account, row.code) == (us, "unknown_account")
    again, _outcome = retry(row.pk, user=user, now=NOW, accounts={"acme-us": us})
    assert (again.state, Message.objects.count()) == (RejectedRow.State.OPEN, 0)
    again, _outcome = retry(row.pk, user=user, now=NOW, accounts={"acme-us": us, "acme-de": de})
    assert (again.state, Message.objects.get().account) == (RejectedRow.State.RESOLVED, de)


PICTURE = base64.encodebytes(b"\xff\xd8" + b"picture " * 50_000).decode()  # 540 KB: more than is kept as a row's text
PARTS = (
    "--part\nContent-Type: image/jpeg; name=lamp.jpg\nContent-Disposition: attachment; filename=lamp.jpg\n"
    f"Content-Transfer-Encoding: base64\n\n{PICTURE}\n"
    "--part\nContent-Type: text/plain; charset=utf-8\n\nSo kam die Lampe an.\n--part--\n"
)
LARGE = from_buyer(
    PARTS, X_Marketplace_ID=DE, From="z1@marketplace.amazon.de", Message_ID="<large@x>",
    Content_Type="multipart/mixed; boundary=part",
)  # fmt: skip


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.eml", GERMAN)
        archive.writestr("b.eml", content)
    return file.getvalue()


@pytest.mark.parametrize("packed", ["alone", "mbox", "zip"])
def test_a_large_mail_is_tried_again_with_everything_in_it(
    shops: tuple[SellerAccount, SellerAccount], packed: str
) -> None:
    us, de = shops
    user = make_user("kim", us, role=MANAGER)
    separator = b"From z1@marketplace.amazon.de Mon Nov  9 10:00:05 2026\n"
    file = {
        "alone": LARGE, "mbox": separator + GERMAN + b"\n\n" + separator + LARGE, "zip": zipped(LARGE),
    }[packed]  # fmt: skip
    take_in(us, file, now=NOW, user=user)
    row = RejectedRow.objects.latest("pk")
    assert (row.code, len(row.row_text) < 300_000) == ("unknown_account", True)
    again, _outcome = retry(row.pk, user=user, now=NOW, accounts={"acme-us": us, "acme-de": de})
    assert again.state == RejectedRow.State.RESOLVED
    message = Message.objects.get()
    assert (message.external_id, message.body.text) == ("large@x", "So kam die Lampe an.")


def test_a_large_mail_that_no_key_opens_any_more_stays_set_aside(
    shops: tuple[SellerAccount, SellerAccount], settings: Any
) -> None:
    us, de = shops
    take_in(us, LARGE, now=NOW, user=make_user("kim", us, role=MANAGER))
    settings.RAW_KEYS = [keys.new_raw_key()]
    again, _outcome = retry(RejectedRow.objects.get().pk, user=None, now=NOW, accounts={"acme-us": us, "acme-de": de})
    assert (again.state, again.attempts, Message.objects.count()) == (RejectedRow.State.OPEN, 2, 0)


def test_of_a_large_mail_that_was_repaired_what_was_repaired_is_read(
    shops: tuple[SellerAccount, SellerAccount],
) -> None:
    us, _de = shops
    take_in(us, LARGE, now=NOW, user=make_user("kim", us, role=MANAGER))
    row = RejectedRow.objects.get()
    repaired = from_buyer("Only this", Message_ID="<large@x>").decode()
    again, _outcome = retry(row.pk, user=None, now=NOW, fixed_text=repaired)
    assert (again.state, Message.objects.get().body.text) == (RejectedRow.State.RESOLVED, "Only this")


def test_a_token_reaches_no_account_it_is_not_for(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, de, role=MANAGER)
    assert counts(take_in(us, GERMAN, now=NOW, user=user, within=[us]))[-1] == 1
    assert Message.objects.count() == 0


def test_the_right_is_asked_for_when_the_file_is_read(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, de, role=MANAGER)
    queued = imports.store(us, "mail", io.BytesIO(GERMAN), user=user, now=NOW)
    Membership.objects.filter(account=de).delete()
    assert imports.run(queued.pk, now=NOW).quarantined == 1


def test_a_look_shows_mails_of_an_account_only_to_who_may_write_it(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    both, other = make_user("kim", us, de, role=MANAGER), make_user("lou", us, role=MANAGER)
    run = imports.store(us, "mail", io.BytesIO(GERMAN), user=both, check_first=True, now=NOW)
    checks.check_open(now=NOW)
    client = Client()
    for user, sees in ((both, True), (other, False)):
        client.force_login(user)
        assert ("Wo ist es?" in client.get(f"/imports/{run.pk}/").content.decode()) is sees


def test_a_sender_that_is_gone_has_no_rights(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, de, role=MANAGER)
    queued = imports.store(us, "mail", io.BytesIO(GERMAN), user=user, now=NOW)
    user.delete()
    assert imports.run(queued.pk, now=NOW).quarantined == 1
    assert Message.objects.count() == 0


def test_a_mail_that_is_set_aside_belongs_to_its_own_account(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    content = mail("Hi", To="support+acme-de@shop.example", Authentication_Results="mx; dmarc=fail")
    take_in(us, content, now=NOW)
    assert RejectedRow.objects.get().account == de


def test_a_file_of_records_still_belongs_to_one_account(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, de = shops
    user = make_user("kim", us, de, role=MANAGER)
    content = b'{"type": "order", "external_id": "1", "account": "acme-de", "placed_at": "2026-11-01T00:00:00Z", "status": "pending"}'  # noqa: E501
    assert counts(take_in(us, content, now=NOW, user=user))[-1] == 1


def test_names_of_one_account_say_nothing_about_another(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, _de = shops
    copy = copy_of("Yes.", Date="Mon, 09 Nov 2026 11:00:00 +0000", Subject="Your e-mail to Alex")
    german = GERMAN.replace(b"z1@marketplace", b"Alex <z1@marketplace").replace(b"amazon.de\n", b"amazon.de>\n", 1)
    for one in (german, copy):
        take_in(us, one, now=NOW)
    assert not Message.objects.filter(author_kind="agent").exists()


def test_addresses_and_tags_are_written_one_on_each_line(shops: tuple[SellerAccount, SellerAccount]) -> None:
    us, _de = shops
    form = modelform_factory(SellerAccount, form=AccountForm, fields=["mailbox_tags"])(instance=us)
    assert form.initial["mailbox_tags"] == "west"
    form.cleaned_data = {"mailbox_tags": "west\nsupport@shop.example, east"}
    assert form.clean_mailbox_tags() == ["west", "support@shop.example", "east"]
    for wrong in ("west", ["a b"], ["a@b@c"], [1], ["x"] * 51, ["a+b"]):
        with pytest.raises(ValidationError):
            validate_mailbox_tags(wrong)
