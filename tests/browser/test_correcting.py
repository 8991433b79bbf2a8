"""Correcting a row in a real browser: from behind a figure to what moved, by keyboard, and on every size of screen."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from intake import corrections
from intake.corrections import Change
from intake.gate import ingest
from intake.models import Correction
from messaging.models import Message, SurveyAnswer
from orders.models import Claim, Order
from sellers.models import Membership
from tests.browser.test_screens import SIZES, TAPPED, sideways
from tests.console import batch, claim
from tests.makers import NOW

pytestmark = pytest.mark.browser

WHY = "The platform agreed in the case to disregard it"


@pytest.fixture
def mei(manager):
    """The manager of the small shops, now as somebody who may write."""
    Membership.objects.filter(user=manager).update(role=Membership.Role.MANAGER)
    return manager


def proposal(row, change, who):
    more = {"by": who, "now": NOW, "reason": WHY, "case_number": "A-1207-33"}
    return corrections.propose(row.account, row, change, **more)


def test_a_row_is_corrected_from_behind_its_figure_by_keyboard(new_page, mei):
    page = new_page(mei)
    page.goto("/accounts/falling/customer_service_score/?part=for")
    summary = page.locator(".correct summary").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/correct/surveyanswer/*/?kind=values")
    page.get_by_label("Solved").select_option("No")
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What it would move")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="See what undoing it would move").click()
    expect(page.get_by_role("heading", name="What undoing it would move")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    assert Correction.objects.get().state == "undone"


def test_the_pages_of_corrections_have_no_barrier_and_fit_their_window(new_page, mei, shoot):
    account = mei.memberships.get(account__key="falling").account
    order = Order.objects.filter(account=account).first()
    answer = SurveyAnswer.objects.filter(account=account, solved=True).last()
    message = Message.objects.filter(account=account, author_kind="buyer").first()
    ingest(account, batch([claim("o-9")]), owner="test", now=NOW)
    disputed = Claim.objects.get()
    corrections.apply(proposal(disputed, Change(Correction.Kind.VALUES, {"status": "denied"}), mei), NOW, mei)
    ingest(account, batch([claim("o-9", status="granted")], "2026-01-12T00:00:00Z"), owner="test", now=NOW)
    done = corrections.apply(proposal(order, Change(Correction.Kind.EXCLUDE), mei), NOW, mei)
    turned = proposal(answer, Change(Correction.Kind.VALUES, {"solved": False, "comment": "no"}), mei)
    proposal(message, Change(Correction.Kind.NO_REPLY_NEEDED), mei)
    screens = {
        "corrections": "/accounts/falling/corrections/",
        "corrections-applied": "/accounts/falling/corrections/?list=applied",
        "correction": f"/accounts/falling/corrections/{turned.pk}/",
        "correction-applied": f"/accounts/falling/corrections/{done.pk}/?preview=undo",
        "correct-values": f"/accounts/falling/correct/order/{order.pk}/",
        "correct-merge": f"/accounts/falling/correct/message/{message.pk}/?kind=merge",
        "correct-no-reply": f"/accounts/falling/correct/message/{message.pk}/?kind=no_reply_needed",
        "metric-correct": "/accounts/falling/within_24h_rate/",
    }
    for size, dark in product(SIZES, (False, True)):
        page = new_page(mei, width=SIZES[size], dark=dark)
        for name, path in screens.items():
            page.goto(path)
            if name == "metric-correct":
                page.locator(".correct summary").first.click()
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")
            assert sideways(page) == 0, name
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            if size == "phone":
                heights = page.locator(f"#main :is({TAPPED})").evaluate_all(
                    "each => each.filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().height)"
                )
                assert min(heights, default=99) >= 40, name
