"""The metric page in a real browser: the link one hands on, the slow hours on a phone, and paper."""

import pytest
from playwright.sync_api import expect

from sellers.models import Membership
from tests.browser.test_screens import expect_painted

LATE = "/accounts/falling/late_response_rate/"

pytestmark = pytest.mark.browser


def test_the_link_is_copied_with_its_day(new_page, manager):
    page = new_page(manager)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{LATE}?weeks=4")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"{LATE}?weeks=4&on=2026-01-19")


def test_where_nothing_can_be_copied_the_link_stays_a_link(new_page, manager):
    page = new_page(manager)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(LATE)
    page.get_by_role("link", name="Link to this day").click()
    page.wait_for_url(f"**{LATE}?on=2026-01-19")


def test_a_value_of_the_breakdown_opens_its_rows(new_page, manager):
    Membership.objects.filter(user=manager).update(role=Membership.Role.MANAGER)  # others see no single person's figure
    page = new_page(manager)
    page.goto(f"{LATE}?by=agent")
    page.get_by_role("table", name="The figure by value").get_by_role("link", name="Sam").click()
    page.wait_for_url("**by=agent&value=Sam#rows")
    expect(page.locator("#rows")).to_contain_text("Answered by: Sam")


def test_the_slow_hours_scroll_inside_their_card_on_a_phone(new_page, manager):
    page = new_page(manager, width=390)
    page.goto(LATE)
    box = page.get_by_role("region", name="Slowness by hour of the week")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth === document.documentElement.clientWidth")


def test_a_chart_still_drawn_for_a_wide_window_does_not_widen_a_narrow_one(new_page, manager):
    page = new_page(manager, width=390)
    page.goto(LATE)
    expect_painted(page)
    chart = page.locator(".chartbox canvas").first
    chart.evaluate("canvas => { canvas.style.width = '1100px' }")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
