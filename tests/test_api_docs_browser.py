"""The pages of the API in a real browser: served by us alone, under the strict content policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.makers import make_account, make_user

pytestmark = pytest.mark.browser


def test_a_person_reads_the_documentation_and_tries_a_route(new_page: Callable[..., Page], live_server) -> None:
    page = new_page(make_user("mia", make_account("acme-us")))
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if live_server.url not in request.url else None)
    page.goto("/api/docs/")
    accounts = page.locator("#operations-accounts-accounts")
    accounts.get_by_role("button").first.click()
    accounts.get_by_role("button", name="Try it out").click()
    accounts.get_by_role("button", name="Execute").click()
    expect(accounts.locator(".live-responses-table")).to_contain_text("acme-us")
    assert [url for url in elsewhere if not url.startswith("data:")] == []
