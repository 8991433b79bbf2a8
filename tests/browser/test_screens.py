"""The screens in a real browser, under the strict content policy: console errors and refused resources fail a test."""

import re
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from messaging.models import MessageBody
from sellers.models import SellerAccount
from tests.makers import make_conversation

SCORE = "/accounts/falling/customer_service_score/"
SCREENS = {
    "fleet": "/",
    "fleet-compared": "/?compare=prev&sort=within_24h_rate",
    "fleet-view": "/?platform=amazon",
    "fleet-filtered": "/?attention=1&platform=amazon",
    "account": "/accounts/falling/",
    "metric": SCORE,
    "times": "/accounts/steady/average_response_time/",
    "compared": "/accounts/falling/late_response_rate/?weeks=4&compare=prev&days=90&by=agent",
    "orders": "/accounts/falling/late_shipment_rate/?part=for",
    "ripening": "/accounts/falling/order_defect_rate/",
    "channels": "/accounts/falling/channel_diversity/",
    "thin": "/accounts/thin/",
    "agents": "/accounts/falling/agents/",
    "topics": "/accounts/falling/topics/",
    "assessment": "/accounts/falling/assessment/",
    "first-replies": "/accounts/falling/first-replies/?wait=late",
    "weeks": "/accounts/falling/weeks/",
    "week": "/accounts/falling/weeks/2026-01-18/",
    "reports": "/reports/",
    "report": "/reports/2026-01-18/",
    "notes": "/accounts/falling/notes/",
    "note": "/accounts/falling/notes/1/",
    "before-after": f"{SCORE}?note=1",
    "metrics": "/metrics/",
    "you": "/you/",
    "password": "/user/password/change/",
    "second-factor": "/user/2fa/",
    "sign-in": "/user/login/",
}
# A tick's target is its label.
TAPPED = (
    "button, select, input:not([type=hidden], [type=checkbox]), .ticks label, .btn, .tabs a, .views a, .tabbar a,"
    " .ribbon a, .acct"
)
SIZES = {"desk": 1440, "phone": 390}

pytestmark = pytest.mark.browser


def expect_painted(page: Page) -> None:
    """Wait until the chart has drawn more than its frame."""
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector("canvas");
            if (!canvas || !canvas.width) return false;
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let painted = 0;
            for (let at = 3; at < data.length; at += 4) if (data[at]) painted += 1;
            return painted > 10000;
        }"""
    )


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def too_small(page: Page) -> list[str]:
    """What one taps on this page that is lower than a fingertip."""
    heights = page.locator(TAPPED).evaluate_all(
        """elements => elements.filter(element => element.checkVisibility()).map(
            element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect().height])"""
    )
    return [element for element, height in heights if height < 42]


def test_a_manager_goes_from_signing_in_to_the_rows_behind_a_figure(page, manager):
    page.goto("/")
    page.get_by_label("Name or e-mail address").fill("mei")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()

    rows = page.locator("table.fleet tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Lumora Home")
    expect(rows.first).to_contain_text("Red")

    rows.first.get_by_role("link", name="Lumora Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lumora Home")
    expect_painted(page)

    page.get_by_role("link", name="Open this metric").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer-service score")
    expect_painted(page)

    tabs = page.get_by_role("navigation", name="Lists of rows").get_by_role("link")
    expect(tabs).to_have_count(3)
    for tab in range(3):
        tabs.nth(tab).click()
        count = int(re.search(r"(\d+)$", tabs.nth(tab).inner_text().strip()).group(1))
        expect(page.locator("table.rows tbody tr")).to_have_count(min(count, 50))
        expect(tabs.nth(tab)).to_have_attribute("aria-current", "page")

    with page.expect_download() as download:
        page.get_by_role("link", name="These rows as CSV").click()
    assert download.value.suggested_filename == "falling-customer_service_score-left_out-2026-01-19.csv"


def test_without_a_mouse(new_page, manager):
    page = new_page(manager)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("shiguang")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=shiguang")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/metrics/")


def test_the_arrow_keys_walk_through_the_weeks(new_page, manager):
    page = new_page(manager)
    page.goto("/accounts/falling/")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/accounts/falling/?on=2026-01-12")
    expect(page.get_by_text("Report day 12 Jan 2026")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Report day 19 Jan 2026")).to_be_visible()


def test_choosing_a_day_or_a_filter_needs_no_button(new_page, manager):
    page = new_page(manager)
    page.goto("/accounts/falling/")
    page.get_by_label("Report day").fill("2026-01-05")
    page.wait_for_url("**/accounts/falling/?on=2026-01-05")
    page.goto("/")
    page.get_by_label("Platform").select_option("shopify")
    page.wait_for_url("**/?platform=shopify")  # empty filters stay out of the address
    expect(page.locator("table.fleet tbody tr")).to_have_count(1)


def test_the_switcher_leads_to_the_same_metric_of_another_account(new_page, manager):
    page = new_page(manager)
    page.goto(SCORE)
    page.keyboard.press("/")
    expect(page.locator(".menu li:visible")).to_have_count(3)
    page.keyboard.type("petal")
    expect(page.locator(".menu li:visible")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Petalkind")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/thin/customer_service_score/")


def test_the_colours_are_remembered_and_charts_follow(new_page, manager):
    page = new_page(manager)
    page.goto("/accounts/falling/")
    light = background(page)
    page.locator(".rail").get_by_role("button", name="Dark").click()
    dark = background(page)
    assert dark != light
    page.reload()
    assert background(page) == dark
    expect_painted(page)
    page.locator(".rail").get_by_role("button", name="As the device").click()
    page.reload()
    assert background(page) == light


def test_the_language_is_switched_at_once(new_page, manager):
    page = new_page(manager)
    page.goto("/you/")
    page.get_by_role("main").get_by_label("Language").select_option("zh-hant")
    page.wait_for_function("document.documentElement.lang === 'zh-Hant'")


def test_a_browser_that_prefers_chinese_gets_it(new_page, manager):
    page = new_page(manager, locale="zh-CN")
    page.goto("/")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_without_the_chart_library_the_table_tells_everything(new_page, manager):
    page = new_page(manager)
    page.route("**/vendor/**", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(SCORE)
    page.get_by_text("Show the numbers as a table").click()
    expect(page.get_by_role("table").first.get_by_role("row")).to_have_count(5)  # a head and four weeks


def test_no_screen_has_a_barrier_or_is_wider_than_its_window(new_page, old_hand, shoot):
    for size, dark in product(SIZES, (False, True)):
        member = new_page(old_hand, width=SIZES[size], dark=dark)
        stranger = new_page(width=SIZES[size], dark=dark)
        for name, path in SCREENS.items():
            page = stranger if name == "sign-in" else member
            page.goto(path)
            assert sideways(page) == 0, name
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")


def test_everything_one_taps_on_a_phone_is_large_enough(new_page, manager):
    page = new_page(manager, width=SIZES["phone"])
    for path in (SCREENS["fleet"], SCREENS["account"], SCREENS["metric"]):
        page.goto(path)
        assert too_small(page) == []


def test_on_a_phone_the_filters_stand_behind_a_button(new_page, manager):
    page = new_page(manager, width=SIZES["phone"])
    for path, label in (("/", "Platform"), ("/queue/", "Channel")):
        page.goto(path)
        expect(page.get_by_label(label)).to_be_hidden()
        page.get_by_role("button", name="Filters").click()
        expect(page.get_by_role("button", name="Filters", expanded=True)).to_be_visible()
        expect(page.get_by_label(label)).to_be_visible()
    page.set_viewport_size({"width": SIZES["desk"], "height": 900})
    page.goto("/")
    expect(page.get_by_label("Platform")).to_be_visible()
    expect(page.get_by_role("button", name="Filters")).to_be_hidden()


def test_an_account_fits_on_one_sheet_of_paper(new_page, manager):
    page = new_page(manager)
    page.goto("/accounts/falling/")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


def test_a_conversation_of_eight_messages_fits_on_one_sheet_of_paper(new_page, manager):
    shop = SellerAccount.objects.get(key="falling")
    says = [(who, f"2026-01-{day} 10:00") for day in range(12, 16) for who in ("buyer", "agent")]
    thread = make_conversation(
        shop, *((who, f"{at[:-5]}{10 + (who == 'agent')}:00") for who, at in says), topic="Refund"
    )
    for message in thread.messages.all():
        MessageBody.objects.create(message=message, text="Where is my parcel? I have waited for a week now.")
    page = new_page(manager)
    page.goto(f"/accounts/falling/conversations/{thread.pk}/")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


@pytest.mark.parametrize("locale", ["en-US", "zh-CN", "zh-TW"])
def test_an_assessment_fits_on_one_sheet_of_paper(new_page, manager, locale):
    page = new_page(manager, locale=locale)
    page.goto("/accounts/falling/assessment/")
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
