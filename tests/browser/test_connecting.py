"""The pages of connections in a real browser: on every screen, in light and dark, in English and Chinese."""

from datetime import date, timedelta
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from intake import secrets
from intake.models import Connection
from tests.browser.test_screens import SIZES, sideways, too_small
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.browser


def connect(account, name, **stream):
    kept = Connection(
        account=account, name=name, host="imap.example.com", user=f"{name}@example.com", folders=["INBOX", "Sent"],
        since=date(2026, 1, 1), created_at=NOW - timedelta(days=2), state=stream.pop("state", "active"),
    )  # fmt: skip
    secrets.keep(kept, {"password": "correct horse battery"})
    kept.save()
    for folder in kept.folders:
        kept.streams.create(stream=folder, **{"next_run_at": NOW + timedelta(minutes=3), **stream})
    return kept


def test_a_mailbox_is_connected_and_paused_by_keyboard(new_page, transactional_db):
    account = make_account("shop", name="Lumora Home")
    page = new_page(make_user("mei", account, is_staff=True))
    page.goto("/connections/")
    page.get_by_role("link", name="Connect a mailbox").first.click()
    page.get_by_label("Name").fill("Support")
    page.get_by_label("Server").fill("imap.example.com")
    page.get_by_label("User").fill("support@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Support")
    expect(page.get_by_text("The present one ends in tery")).to_be_visible()
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="Paused").first).to_be_visible()


def test_the_pages_of_connections_have_no_barrier_and_fit_their_window(new_page, transactional_db, shoot):
    account = make_account("shop", name="拾光文具 Shiguang")
    user = make_user("mei", account, is_staff=True)
    connect(account, "works", last_success_at=NOW - timedelta(minutes=4), newest_at=NOW - timedelta(hours=2))
    connect(
        account,
        "waits",
        last_success_at=NOW - timedelta(hours=3),
        failures=4,
        error_code="unreachable",
        error="timed out",
    )
    broken = connect(account, "broken", state="attention", failures=1, error_code="login")
    screens = {
        "connections": "/connections/",
        "connection": f"/connections/{broken.pk}/",
        "connect": "/connections/new/",
    }
    for size, dark in product(SIZES, (False, True)):
        page = new_page(user, width=SIZES[size], dark=dark, locale="zh-CN" if dark else "en-US")
        for name, path in screens.items():
            page.goto(path)
            assert sideways(page) == 0, name
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")
            if size == "phone":
                assert too_small(page) == [], name
