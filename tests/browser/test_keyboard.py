"""A manager's whole way without a mouse: only keys are pressed, from signing in to a corrected row."""

import pytest
from playwright.sync_api import Locator, Page, expect

from intake.models import Correction
from messaging.models import SurveyAnswer
from sellers.models import Membership, User

pytestmark = pytest.mark.browser

MOST_STOPS = 400
WHY = "The platform agreed in the case to disregard it"


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus; it must show that it has."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate(
                """element => {
                    const shown = getComputedStyle(element);
                    return shown.outlineStyle !== "none" || shown.boxShadow !== "none";
                }"""
            ), "the focus cannot be seen"
            return
    pytest.fail(f"{wanted} cannot be reached in {MOST_STOPS} stops")


def enter(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def write(page: Page, wanted: Locator, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.type(text)


def test_only_keys_from_signing_in_to_a_corrected_row(page: Page, manager: User) -> None:
    Membership.objects.filter(user=manager).update(role=Membership.Role.MANAGER)
    page.goto("/")
    write(page, page.get_by_label("Name or e-mail address"), "mei")
    write(page, page.get_by_label("Password", exact=True), "correct horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("table.fleet tbody tr")).to_have_count(3)

    enter(page, page.get_by_role("link", name="Skip to content"))
    enter(page, page.get_by_role("main").get_by_role("link", name="Lumora Home Amazon US"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Lumora Home")
    enter(page, page.get_by_role("link", name="Open this metric"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer-service score")

    enter(page, page.locator(".correct summary").first)
    enter(page, page.locator(".correct[open] a").first)
    page.wait_for_url("**/correct/surveyanswer/**")
    answer = SurveyAnswer.objects.get(pk=page.url.split("/surveyanswer/")[1].split("/")[0])
    write(page, page.get_by_label("Solved"), "No" if answer.solved else "Yes")
    write(page, page.get_by_label("Reason"), WHY)
    enter(page, page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("heading", name="What it would move")).to_be_visible()
    enter(page, page.get_by_role("button", name="Apply"))
    expect(page.get_by_role("link", name="See what undoing it would move")).to_be_visible()

    assert Correction.objects.get().state == Correction.State.APPLIED
    assert SurveyAnswer.objects.get(pk=answer.pk).solved is not answer.solved
