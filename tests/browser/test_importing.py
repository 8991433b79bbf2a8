"""From signing in to the first coloured score of an account of one's own, and the pages on the way on every screen."""

import io
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from intake import checks, imports
from intake.models import ImportRun
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from sellers.models import SellerAccount
from tests.browser.test_screens import SIZES, sideways, too_small
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.browser

ORDERS = "external_id,placed_at,status\n" + "".join(
    f"o-{number},2026-01-{5 + number % 10:02}T08:00:00Z,shipped\n" for number in range(40)
)
MESSAGES = "external_id,conversation_external_id,sent_at,author_kind,direction,channel,body_text\n" + "".join(
    f"m-{number},c-{number},2026-01-{5 + number % 10:02}T09:00:00Z,buyer,inbound,email,Where is it?\n"
    f"r-{number},c-{number},2026-01-{5 + number % 10:02}T11:00:00Z,agent,outbound,email,On its way.\n"
    for number in range(40)
)
# 36 of 40 say that it was solved; the last one's time is no time until somebody repairs it. 10 x 36 / 40 = 9.0.
ANSWERS = "external_id,kind,conversation_external_id,answered_at,solved\n" + "".join(
    f"s-{number},solved,c-{number},{'yesterday' if number == 39 else f'2026-01-{6 + number % 10:02}T09:00:00Z'},"
    f"{'false' if number < 4 else 'true'}\n"
    for number in range(40)
)
ERP = "订单号;下单时间;订单状态;订单金额\nA-1;05.01.2026 10:00;已发货;1.234,50\nA-2;15.01.2026 11:00;已取消;12,00\n"
CHAT = "会话,发送时间,发送方,内容\nc-1,2026-01-05 10:00,买家,灯坏了\nc-1,2026-01-05 12:00,小王,我们再寄一个\n"


def upload(page, *files):
    page.get_by_label("Files").set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": text.encode()} for name, text in files]
    )
    page.get_by_role("button", name="Send").click()


def test_a_manager_goes_from_signing_in_to_the_first_score_of_a_new_account(page, transactional_db):
    make_user("boss", is_staff=True, is_superuser=True)
    page.goto("/imports/new/")
    page.get_by_label("Name or e-mail address").fill("boss")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("link", name="New account").first.click()
    page.get_by_label("Name").fill("Lumora Home")
    page.get_by_label("Platform").select_option("amazon")
    page.get_by_label("Marketplace").fill("DE")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_label("Account", exact=True)).to_have_value("lumora-home-de")

    upload(page, ("orders.csv", ORDERS), ("messages.csv", MESSAGES), ("answers.csv", ANSWERS))
    expect(page.locator("table.rows tbody tr")).to_have_count(3)
    for name, rows, bad in (("orders.csv", 40, 0), ("messages.csv", 80, 0), ("answers.csv", 40, 1)):
        page.goto("/imports/")
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        checks.check(ImportRun.objects.get(name=name).pk, now=NOW)
        # The page follows by itself.
        expect(page.get_by_text(f"{rows} rows were looked at; nothing is stored yet.")).to_be_visible()
        expect(page.locator(".counts dd").last).to_have_text(str(bad))
        page.get_by_role("button", name="Take it in").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        imports.run_open(now=NOW, seconds=30)
        expect(page.get_by_role("link", name="See the figures")).to_be_visible()

    page.get_by_role("link", name="1 row waits for you").click()
    text = page.get_by_label("Text of line 41")
    text.fill(text.input_value().replace("yesterday", "2026-01-15T09:00:00Z"))
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.get_by_text("line 41 was taken in.")).to_be_visible()

    sweep(NOW)
    close_weeks(NOW)
    page.goto("/imports/")
    page.get_by_role("link", name="answers.csv").click()
    page.get_by_role("link", name="See the figures").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lumora Home")
    expect(page.get_by_role("main")).to_contain_text("9.0")
    expect(page.get_by_role("main").locator(".green").first).to_be_visible()


def test_a_table_of_ones_own_is_mapped_by_keyboard(new_page, transactional_db):
    account = make_account("erp", time_zone="Asia/Shanghai")
    page = new_page(make_user("mei", account, is_staff=True))
    page.goto("/imports/new/?account=erp")
    upload(page, ("erp.csv", ERP))
    checks.check_open(now=NOW)
    expect(page.get_by_role("heading", name="What the columns mean")).to_be_visible()
    expect(page.get_by_label("订单号")).to_have_value("external_id")
    expect(page.get_by_label("已发货")).to_have_value("shipped")
    page.get_by_role("button", name="Look at it like this").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    checks.check_open(now=NOW)
    expect(page.get_by_text("2 rows were looked at; nothing is stored yet.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("1234.500")


def test_the_pages_of_imports_have_no_barrier_and_fit_their_window(new_page, transactional_db, shoot):
    account = make_account("erp", name="拾光文具 Shiguang", time_zone="Asia/Shanghai")
    user = make_user("mei", account, is_staff=True, is_superuser=True)
    runs = {}
    files = [
        ("answers.csv", ANSWERS, True),
        ("chat.csv", CHAT, True),
        ("erp.csv", ERP, True),
        ("done.csv", ANSWERS + "\n", False),
    ]
    for name, text, first in files:
        stream = io.BytesIO(text.encode())
        runs[name] = imports.store(account, name, stream, user=user, check_first=first, now=NOW).pk
    checks.check_open(now=NOW)
    imports.run_open(now=NOW, seconds=30)
    waiting = imports.store(account, "waiting.csv", io.BytesIO(ORDERS.encode()), check_first=True, now=NOW)
    screens = {
        "imports": "/imports/",
        "import-new": "/imports/new/",
        "account-new": "/imports/new/account/",
        "import-ready": f"/imports/{runs['answers.csv']}/",
        "import-mapping": f"/imports/{runs['erp.csv']}/",
        "import-mapping-ids": f"/imports/{runs['chat.csv']}/",
        "import-done": f"/imports/{runs['done.csv']}/",
        "import-checking": f"/imports/{waiting.pk}/",
        "rejects": f"/imports/{runs['done.csv']}/rejects/",
    }
    for size, dark in product(SIZES, (False, True)):
        page = new_page(user, width=SIZES[size], dark=dark, locale="zh-TW" if dark else "en-US")
        for name, path in screens.items():
            page.goto(path)
            assert sideways(page) == 0, name
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")
            if size == "phone":
                assert too_small(page) == [], name
    assert SellerAccount.objects.count() == 1
