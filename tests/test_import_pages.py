"""The pages on which people bring data in: who may do what, and what becomes of files and rows."""

import io
import json
import re

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard.pages.imports import import_page
from dashboard.pages.mapping import title_of
from intake import checks, imports, retry
from intake.contract import RECORD_TYPES
from intake.models import ImportProfile, ImportRun, RejectedRow
from intake.readers.mapped import mappable
from orders.models import Feedback, Order
from sellers.models import Membership, SellerAccount
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.django_db

State = ImportRun.State
MANAGER = Membership.Role.MANAGER
ORDERS = """external_id,placed_at,status
o-1,2026-01-05T10:00:00Z,shipped
o-2,soon,shipped
o-3,<script>alert(1)</script>,shipped
"""


def client_of(*accounts, role=MANAGER, **values):
    client = Client()
    client.force_login(make_user("", *accounts, role=role, **values))
    return client


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def file(name, text):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode())


def send(client, account, *files):
    return client.post(reverse("import_new"), {"account": account.key if account else "", "sent": list(files)})


def taken_in(account, text=ORDERS):
    run = imports.store(account, "orders.csv", io.BytesIO(text.encode()), now=NOW)
    imports.run_open(now=NOW, seconds=30)
    run.refresh_from_db()
    return run


# --- Bringing files in -----------------------------------------------------------------------------------------------


def test_one_empty_file_of_many_is_named_and_none_is_kept():
    account = make_account()
    page = text_of(send(client_of(account), account, file("orders.csv", ORDERS), file("nothing.csv", "")))
    assert "nothing.csv: The submitted file is empty." in page
    assert not ImportRun.objects.exists()


def test_a_header_without_rows_is_told_apart_from_a_file_that_nobody_can_read():
    account = make_account()
    client = client_of(account)
    page = send(client, account, file("orders.csv", ORDERS.splitlines()[0] + "\n"))["Location"]
    checks.check_open(now=NOW)
    assert "It holds no row of this format. Nothing of it can be taken in like this." in text_of(client.get(page))


def test_the_list_counts_rows_only_once_a_file_is_taken_in():
    account = make_account()
    client = client_of(account)
    send(client, account, file("orders.csv", ORDERS))
    checks.check_open(now=NOW)
    assert '<td class="num" data-l="Rows">–</td>' in text_of(client.get(reverse("imports")))
    ImportRun.objects.update(state=State.DONE, received=60_000, created=60_000)
    assert '<td class="num" data-l="Rows">60,000</td>' in text_of(client.get(reverse("imports")))


def test_a_file_is_looked_at_shown_and_taken_in_only_when_a_person_says_so():
    account = make_account()
    client = client_of(account)
    answer = send(client, account, file("orders.csv", ORDERS))
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("import", args=[run.pk])
    assert (run.state, run.name) == (State.CHECKING, "orders.csv")
    assert "data-progress" in text_of(client.get(answer["Location"]))
    checks.check_open(now=NOW)
    page = text_of(client.get(answer["Location"]))
    assert "3 rows were looked at; nothing is stored yet." in page
    assert "line 3" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert not Order.objects.exists()
    client.post(reverse("import_step", args=[run.pk, "take"]))
    imports.run_open(now=NOW, seconds=30)
    page = text_of(client.get(answer["Location"]))
    assert "2 rows wait for you" in page
    assert Order.objects.get().external_id == "o-1"


def test_a_look_that_no_key_opens_any_more_is_told(settings):
    account = make_account()
    client = client_of(account)
    send(client, account, file("orders.csv", ORDERS))
    checks.check_open(now=NOW)
    settings.RAW_KEYS = [Fernet.generate_key()]
    assert "was a key removed too early?" in text_of(client.get(reverse("import", args=[ImportRun.objects.get().pk])))


def test_the_same_file_again_is_told_to_be_the_same():
    account = make_account()
    client = client_of(account)
    first = taken_in(account)
    send(client, account, file("again.csv", ORDERS))
    checks.check_open(now=NOW)
    page = text_of(client.get(reverse("import", args=[ImportRun.objects.latest("pk").pk])))
    assert "The very same file was taken in before" in page
    assert reverse("import", args=[first.pk]) in page


def test_the_page_opens_with_the_account_it_was_asked_for_and_without_a_complaint():
    account = make_account("acme")
    client = client_of(account, make_account())
    page = text_of(client.get(reverse("import_new") + "?account=acme"))
    assert '<option value="acme" selected>' in page
    assert "errorlist" not in page
    assert "is not one of the available choices" not in text_of(client.get(reverse("import_new") + "?account=theirs"))


def test_many_files_come_in_at_once():
    account = make_account()
    answer = send(client_of(account), account, file("a.csv", ORDERS), file("b.csv", ORDERS + "\n"))
    assert answer["Location"] == reverse("imports")
    assert ImportRun.objects.filter(state=State.CHECKING).count() == 2


def test_the_account_is_recognised_where_the_file_names_its_marketplace():
    american, german = make_account(marketplace="US"), make_account(marketplace="DE")
    client = client_of(american, german)
    send(client, None, file("health.json", '{"performanceMetrics": [{"marketplaceId": "A1PA6795UKMFR9"}]}'))
    assert ImportRun.objects.get().account == german
    send(client, None, file("mail.eml", "Subject: x\r\nX-Marketplace-ID: ATVPDKIKX0DER\r\n\r\nhi"))
    assert ImportRun.objects.latest("pk").account == american
    send(client, None, file("orders.txt", "order\tsales-channel\tsku\n1\tAmazon.de\tx\n2\tAmazon.de\ty\n"))
    assert ImportRun.objects.latest("pk").account == german
    send(client, None, file("quoted.txt", '"order"\t"sales-channel"\t"sku"\n"1"\t"Amazon.com"\t"x"\n'))
    assert ImportRun.objects.latest("pk").account == american
    answer = send(client, None, file("x.csv", ORDERS))
    assert "does not say which account" in text_of(answer)
    assert ImportRun.objects.count() == 4


def test_the_account_of_a_mail_is_recognised_by_its_mailbox():
    shop, other = make_account(mailbox_tags=["acme-us"]), make_account(mailbox_tags=["Help@shiguang.example"])
    client = client_of(shop, other)
    send(client, None, file("a.eml", "Subject: x\r\nTo: Support <support+ACME-US@shop.example>\r\n\r\nhi"))
    assert ImportRun.objects.get().account == shop
    send(client, None, file("b.eml", "From: help@shiguang.example\r\nTo: a@b.example\r\n\r\nhi"))
    assert ImportRun.objects.latest("pk").account == other
    both = "Cc: help@shiguang.example\r\nTo: x+acme-us@shop.example\r\n\r\nhi"
    assert "does not say which account" in text_of(send(client, None, file("c.eml", both)))


def test_who_may_only_look_brings_nothing_in():
    account = make_account()
    run = taken_in(account)
    viewer = client_of(account, role=Membership.Role.VIEWER)
    assert viewer.get(reverse("import_new")).status_code == 403
    assert send(viewer, account, file("a.csv", ORDERS)).status_code == 403
    assert viewer.get(reverse("imports")).status_code == 200
    page = text_of(viewer.get(reverse("import", args=[run.pk])))
    assert "o-2" not in page
    assert reverse("rejects", args=[run.pk]) not in page
    for address in (reverse("rejects", args=[run.pk]), reverse("account_rejects", args=[account.key])):
        assert viewer.get(address).status_code == 403
        assert viewer.post(address, {"do": "retry"}).status_code == 403
    for step in ("take", "discard", "look", "map", "again"):
        assert viewer.post(reverse("import_step", args=[run.pk, step])).status_code == 403
    row = RejectedRow.objects.first()
    assert viewer.post(reverse("reject_step", args=[account.key, row.pk, "retry"])).status_code == 403


def test_an_import_of_others_does_not_exist():
    theirs, mine = make_account(), make_account()
    run = taken_in(theirs)
    row = RejectedRow.objects.first()
    client = client_of(mine)
    for name in ("import", "import_progress", "rejects"):
        assert client.get(reverse(name, args=[run.pk])).status_code == 404
    assert client.post(reverse("import_step", args=[run.pk, "take"])).status_code == 404
    assert client.get(reverse("account_rejects", args=[theirs.key])).status_code == 404
    assert client.post(reverse("reject_step", args=[theirs.key, row.pk, "retry"])).status_code == 404
    assert client.post(reverse("reject_step", args=[mine.key, row.pk, "retry"])).status_code == 404
    assert send(client, theirs, file("a.csv", ORDERS)).status_code == 200  # the account is no choice of theirs
    assert ImportRun.objects.count() == 1
    assert "orders.csv" not in text_of(client.get(reverse("imports")))
    assert [Client().get(reverse(name)).status_code for name in ("imports", "import_new")] == [302, 302]


def test_the_bar_is_told_how_far_an_import_is():
    account = make_account()
    client = client_of(account)
    run = imports.store(account, "orders.csv", io.BytesIO(ORDERS.encode()), now=NOW)
    ImportRun.objects.filter(pk=run.pk).update(state="running", rows_done=1500, rows_total=6000)
    told = json.loads(client.get(reverse("import_progress", args=[run.pk])).content)
    assert told == {
        "state": "running",
        "title": "Running",
        "percent": 25,
        "text": "1,500 of 6,000 rows",
        "moving": True,
    }
    ImportRun.objects.filter(pk=run.pk).update(rows_total=None, bytes_done=run.raw_item.size // 2)
    assert json.loads(client.get(reverse("import_progress", args=[run.pk])).content)["percent"] == 49  # 48 of 97 bytes


def test_a_failed_import_is_read_again_when_somebody_says_so():
    account = make_account()
    client = client_of(account)
    run = taken_in(account)
    client.post(reverse("import_step", args=[run.pk, "again"]))
    run.refresh_from_db()
    assert run.state == State.DONE
    ImportRun.objects.filter(pk=run.pk).update(state="failed", error="cut off", attempts=5)
    client.post(reverse("import_step", args=[run.pk, "again"]))
    imports.run_open(now=NOW, seconds=30)
    run.refresh_from_db()
    assert (run.state, run.error, run.received) == (State.DONE, "", 3)


def test_the_list_costs_the_same_for_many_imports_and_can_be_narrowed():
    account, other = make_account(), make_account()
    client = client_of(account, other)
    for number in range(3):
        taken_in(account, ORDERS + "\n" * number)
    taken_in(other, ORDERS)
    client.get(reverse("imports"))
    with CaptureQueriesContext(connection) as few:
        page = text_of(client.get(reverse("imports")))
    assert page.count("orders.csv") == 4
    for number in range(3, 9):
        taken_in(account, ORDERS + "\n" * number)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("imports"))
    assert len(many) == len(few)
    assert text_of(client.get(reverse("imports") + f"?account={other.key}")).count("orders.csv") == 1
    assert "orders.csv" not in text_of(client.get(reverse("imports") + "?state=failed"))


# --- Tables of somebody's own ----------------------------------------------------------------------------------------

RATINGS = "订单号,评价日期,评分,备注,来源\nA-1,2026-01-05,差,坏了,网页\nA-2,2026-01-06,好,谢谢,网页\n"


def test_a_person_says_what_columns_mean_and_the_next_table_is_known():
    account = make_account(time_zone="Asia/Shanghai")
    client = client_of(account)
    text = RATINGS.replace("差", "1").replace("好", "5")
    send(client, account, file("ratings.csv", text))
    run = ImportRun.objects.get()
    address = reverse("import", args=[run.pk])
    checks.check_open(now=NOW)
    page = text_of(client.get(address))
    assert "What the columns mean" in page
    assert '<option value="rating" selected>Stars (rating)</option>' in page
    sent = {
        "record_type": "feedback", "zone": "Asia/Shanghai", "order": "auto", "sign": "auto",
        "column-0": "order_external_id", "column-1": "rated_on", "column-2": "rating", "column-3": "comment",
        "column-4": "",
    }  # fmt: skip
    client.post(reverse("import_step", args=[run.pk, "map"]), sent)
    checks.check_open(now=NOW)
    assert "2 rows were looked at" in text_of(client.get(address))
    client.post(reverse("import_step", args=[run.pk, "take"]))
    imports.run_open(now=NOW, seconds=30)
    assert [(one.order_external_id, one.rating) for one in Feedback.objects.order_by("rated_on")] == [
        ("A-1", 1),
        ("A-2", 5),
    ]
    assert ImportProfile.objects.get().name == "ratings.csv"
    send(client, account, file("more.csv", text.replace("A-", "B-")))
    checks.check_open(now=NOW)
    assert "2 rows were looked at" in text_of(client.get(reverse("import", args=[ImportRun.objects.latest("pk").pk])))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"record_type": "nonsense"}, "Choose what the rows are"),
        ({"column-1": "order_external_id"}, "Two columns cannot mean the same"),
        ({"zone": "Mars/Base"}, "Choose the time zone"),
        ({"column-0": ""}, "Say of one column at least"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_in_a_sentence(changed, words):
    account = make_account()
    client = client_of(account)
    send(client, account, file("ratings.csv", RATINGS))
    checks.check_open(now=NOW)
    run = ImportRun.objects.get()
    sent = {"record_type": "feedback", "zone": "UTC", "column-0": "order_external_id", **changed}
    page = text_of(client.post(reverse("import_step", args=[run.pk, "map"]), sent, follow=True))
    assert words in page
    assert not ImportProfile.objects.exists()


THREADS = "会话,发送时间,发送方,内容\nc-1,2026-01-05 10:00,{buyer},坏了\nc-1,2026-01-05 12:00,{agent},再寄一个\n"


def mapped(client, account, text, **changed):
    """Send a table and have its columns mean what the page proposes, but for what is changed."""
    send(client, account, file("chat.csv", text))
    checks.check_open(now=NOW)
    run = ImportRun.objects.latest("pk")
    form = import_page(run, may_write=True).mapping
    sent = {"record_type": form.record_type, "zone": form.zone, "apart": "1"}
    for position, column in enumerate(form.columns):
        sent |= {column.name: column.chosen, f"was-{position}": column.chosen}
        sent |= {word.name: changed.get(word.said, word.chosen) for word in column.words}
        sent |= {f"apart-{position}": "on"} if column.tells_apart else {}
    answer = client.post(reverse("import_step", args=[run.pk, "map"]), {**sent, **changed.get("sent", {})}, follow=True)
    checks.check_open(now=NOW)
    return run, text_of(answer)


def test_the_page_shows_what_the_guess_would_store_before_anybody_confirms_it():
    account = make_account(time_zone="Asia/Shanghai")
    client = client_of(account)
    send(client, account, file("chat.csv", THREADS.format(buyer="买家", agent="客服")))
    checks.check_open(now=NOW)
    page = text_of(client.get(reverse("import", args=[ImportRun.objects.get().pk])))
    assert "2026-01-05T02:00:00+00:00" in page  # 10:00 in Shanghai
    assert "Take it in" not in page


def test_the_form_calls_values_what_people_call_them():
    for kind in RECORD_TYPES.values():
        for name, field in mappable(kind).items():
            assert str(title_of(kind, field)) != name
    message, order = RECORD_TYPES["message"], RECORD_TYPES["order"]
    assert str(title_of(message, message.fields["topic"])) == "Topic"  # of the conversation
    assert str(title_of(order, order.fields["external_id"])) == "Order ID"
    assert str(title_of(order, order.flat_columns["carrier"])) == "Carrier"  # of the package
    account = make_account()
    client = client_of(account)
    send(client, account, file("chat.csv", THREADS.format(buyer="阿花", agent="客服")))
    checks.check_open(now=NOW)
    page = text_of(client.get(reverse("import", args=[ImportRun.objects.get().pk])))
    assert '<option value="agent" selected>Agent</option>' in page
    assert "constant-direction" not in page  # it follows from who wrote


def test_words_that_were_explained_once_stay_known_when_another_table_explains_more():
    account = make_account(time_zone="Asia/Shanghai")
    client = client_of(account)
    mapped(client, account, THREADS.format(buyer="阿花", agent="小王"), **{"阿花": "buyer", "小王": "agent"})
    run, _page = mapped(client, account, THREADS.format(buyer="阿花", agent="小李"), **{"小李": "agent"})
    assert ImportProfile.objects.get().mapping["words"]["author_kind"] == {
        "阿花": "buyer",
        "小王": "agent",
        "小李": "agent",
    }
    assert checks.found_of(run).bad == 0


def test_rows_without_an_id_need_a_column_that_tells_them_apart():
    account = make_account()
    client = client_of(account)
    text = THREADS.format(buyer="买家", agent="客服")
    run, _page = mapped(client, account, text)
    assert "What tells one from another?" in text_of(client.get(reverse("import", args=[run.pk])))
    assert ImportProfile.objects.get().mapping["id_from"] == ["会话", "发送时间", "发送方", "内容"]
    send(client, account, file("chat.csv", text + "\n"))
    checks.check_open(now=NOW)
    latest = ImportRun.objects.latest("pk")
    sent = {"record_type": "message", "zone": "UTC", "apart": "1", "column-0": "conversation_external_id"}
    step = reverse("import_step", args=[latest.pk, "map"])
    assert "Choose the columns that tell one row from another" in text_of(client.post(step, sent, follow=True))
    client.post(step, {**sent, "apart-1": "on"})
    assert ImportProfile.objects.get().mapping["id_from"] == ["发送时间"]


def test_another_type_can_be_chosen_for_the_rows():
    account = make_account()
    client = client_of(account)
    send(client, account, file("ratings.csv", RATINGS))
    checks.check_open(now=NOW)
    page = text_of(client.get(reverse("import", args=[ImportRun.objects.get().pk]) + "?type=order"))
    assert '<input type="hidden" name="record_type" value="order">' in page


# --- New accounts ----------------------------------------------------------------------------------------------------


def test_who_may_add_accounts_makes_one_and_manages_it():
    client = Client()
    user = make_user("boss")
    user.user_permissions.add(Permission.objects.get(codename="add_selleraccount"))
    client.force_login(user)
    assert "There is no account yet" in text_of(client.get(reverse("import_new")))
    said = {"name": "Lumora Home", "platform": "amazon", "marketplace": "de", "time_zone": "Europe/Berlin"}
    answer = client.post(reverse("account_new"), said)
    account = SellerAccount.objects.get()
    assert (account.key, account.marketplace, account.time_zone) == ("lumora-home-de", "DE", "Europe/Berlin")
    assert answer["Location"].endswith("?account=lumora-home-de")
    client.post(reverse("account_new"), said)
    assert SellerAccount.objects.latest("pk").key == "lumora-home-de-2"
    assert send(client, account, file("a.csv", ORDERS)).status_code == 302
    assert "is not an IANA time zone" in text_of(client.post(reverse("account_new"), {**said, "time_zone": "+01:00"}))
    for name, key in (("拾光", "de"), ("Acme DE", "acme-de")):
        client.post(reverse("account_new"), {**said, "name": name})
        assert SellerAccount.objects.latest("pk").key == key


def test_others_make_no_accounts():
    client = client_of(make_account())
    assert client.get(reverse("account_new")).status_code == 403
    assert reverse("account_new") not in text_of(client.get(reverse("import_new")))


# --- Rows that were set aside ----------------------------------------------------------------------------------------


def test_a_row_is_repaired_and_taken_in():
    account = make_account()
    client = client_of(account)
    run = taken_in(account)
    address = reverse("rejects", args=[run.pk])
    page = text_of(client.get(address))
    assert "o-2,soon,shipped" in page
    assert "external_id,placed_at,status" in page
    row = RejectedRow.objects.get(pointer="line 3")
    step = reverse("reject_step", args=[account.key, row.pk, "retry"])
    page = text_of(client.post(step, {"text": "o-2,later,shipped", "import": run.pk}, follow=True))
    assert "line 3 was not taken in. Not a valid time or date: placed_at" in page
    assert "o-2,later,shipped" in page
    page = text_of(client.post(step, {"text": "o-2,2026-01-06T10:00:00Z,shipped", "import": run.pk}, follow=True))
    assert "line 3 was taken in." in page
    assert Order.objects.filter(external_id="o-2").exists()
    assert "o-2" not in text_of(client.get(address))
    assert "o-2" in text_of(client.get(address + "?state=resolved"))


def test_all_rows_of_one_reason_are_left_to_the_worker_or_dismissed_and_opened_again():
    account = make_account()
    client = client_of(account)
    run = taken_in(account, ORDERS + "o-4,2026-01-05T10:00:00Z,lost\n")
    address = reverse("rejects", args=[run.pk])
    client.post(address + "?code=bad_timestamp", {"do": "dismiss"})
    assert RejectedRow.objects.filter(state="dismissed").count() == 2
    client.post(address + "?state=dismissed", {"do": "restore"})
    assert RejectedRow.objects.filter(state="open").count() == 3
    page = text_of(client.post(address, {"do": "retry"}, follow=True))
    assert "3 rows are waiting to be tried again" in page
    assert retry.retry_asked(now=NOW, seconds=30) == 3
    assert set(RejectedRow.objects.values_list("attempts", flat=True)) == {2}
    assert client.post(address, {"do": "nonsense"}).status_code == 404


def test_one_row_is_dismissed_and_opened_again():
    account = make_account()
    client = client_of(account)
    taken_in(account)
    row = RejectedRow.objects.first()
    for step, state in (("dismiss", "dismissed"), ("restore", "open")):
        sent = {"query": "code=bad_timestamp", "import": "²"}  # no number of an import
        answer = client.post(reverse("reject_step", args=[account.key, row.pk, step]), sent)
        assert answer["Location"] == reverse("account_rejects", args=[account.key]) + "?code=bad_timestamp"
        row.refresh_from_db()
        assert row.state == state
    assert client.post(reverse("reject_step", args=[account.key, row.pk, "explode"])).status_code == 404
