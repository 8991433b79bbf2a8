"""The reply queue in a real browser: it keeps itself fresh, its clocks run, and one press takes a wait out and back."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from messaging.models import MessageBody
from sellers.models import Membership
from tests.browser.test_screens import SIZES, sideways, too_small
from tests.makers import NOW, make_account, make_conversation, make_user
from tests.test_queue import make_return

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(transactional_db):
    """A manager of two shops in which some wait longer than others."""
    home = make_account("home", name="Lumora Home")
    pens = make_account("pens", name="拾光文具 Shiguang", marketplace="DE", time_zone="Europe/Berlin")
    waits = (
        (home, 24.4, "Where is my parcel?", {"assignee_name": "Chen Yu", "priority": "high", "topic": "delivery"}),
        (home, 23.3, "Lamp arrived broken", {"assignee_name": "Chen Yu", "language": "en", "topic": "damage"}),
        (pens, 22.6, "Rücksendeetikett fehlt", {"language": "de", "topic": "returns"}),
        (home, 0.05, "Is it in stock?", {"channel": "live_chat"}),
        (home, 0.2, "A chat nobody saw", {"channel": "live_chat"}),
        (pens, 18.9, "Does it fit an A5 notebook?", {"language": "en"}),
        (pens, 10.5, "Wrong colour in the box", {"assignee_name": "Li Na"}),
        (home, 3, "領収書をお願いします", {"language": "ja"}),
    )
    for account, hours, subject, values in waits:
        moment = f"{NOW - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"
        thread = make_conversation(
            account, ("buyer", moment), subject=subject, url="https://platform.example/thread", **values
        )
        MessageBody.objects.create(
            message=thread.messages.get(), text=f"{subject} I bought it last week and hope for help."
        )
    make_return(home, "2026-01-18 14:00", number="r-1", reason="Too small")
    return make_user("lin", home, pens, role=Membership.Role.MANAGER)


def test_the_queue_has_no_barrier_in_any_size(new_page, desk, shoot):
    for (size, width), dark in [(size, dark) for size in SIZES.items() for dark in (False, True)]:
        page = new_page(desk, width=width, dark=dark)
        for name, path in {
            "queue": "/queue/",
            "queue-filtered": "/queue/?account=pens&owner=-",
            "queue-returns": "/queue/?list=returns",
            "queue-empty": "/queue/?topic=none",
            "queue-dismissed": "/queue/dismissed/",
        }.items():
            page.goto(path)
            assert sideways(page) == 0, (name, size)
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")
            if size == "phone":
                assert too_small(page) == [], name


def test_the_list_keeps_itself_fresh_and_waits_for_a_hand_to_leave(new_page, desk):
    page = new_page(desk)
    page.clock.install(time=NOW)
    page.goto("/queue/")
    expect(page.locator(".live")).to_contain_text("Live, checked 0 s ago")
    titles = page.locator(".about .title")
    expect(titles).to_have_count(8)
    first = page.locator(".left").first
    expect(first).to_have_text("24 min late")
    make_conversation(desk.memberships.first().account, ("buyer", "2026-01-20 11:00"), subject="New")
    page.clock.run_for(20_000)
    expect(page.locator(".live")).to_contain_text("checked 20 s ago")
    expect(titles).to_have_count(8)
    tick = page.locator("input[name=turn]").first
    tick.check()
    page.clock.run_for(45_000)
    expect(page.locator(".live")).to_contain_text("Held still")
    expect(first).to_have_text("25 min late")
    expect(titles).to_have_count(8)
    tick.uncheck()
    tick.blur()
    page.clock.run_for(2_000)
    expect(titles).to_have_count(9)


def test_a_wait_is_taken_out_and_put_back_with_two_presses(new_page, desk):
    page = new_page(desk)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue/")
    expect(page.locator(".rail [data-late-now]")).to_contain_text("1")
    page.get_by_role("button", name="No reply needed").first.click()
    expect(page.locator(".about .title")).to_have_count(7)
    expect(page.locator(".rail [data-late-now]")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".about .title")).to_have_count(8)
