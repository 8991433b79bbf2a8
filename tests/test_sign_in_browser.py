"""Signing in, in a real browser under the strict content policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.makers import make_user

pytestmark = pytest.mark.browser


def test_a_person_signs_in_and_out(page: Page) -> None:
    make_user("mei")
    page.goto("/user/password/change/")  # closed to strangers
    assert "/user/login/" in page.url
    page.locator("[name=login]").fill("mei")
    page.locator("[name=password]").fill("correct horse battery")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/user/password/change/")
    page.goto("/user/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/user/login/")
    page.goto("/user/password/change/")
    assert "/user/login/" in page.url


def test_the_console_works_under_the_content_policy(new_page: object) -> None:
    page: Page = new_page(make_user("root", is_staff=True, is_superuser=True))  # type: ignore[operator]
    page.goto("/admin/")
    expect(page.locator("#content")).to_be_visible()
    page.goto("/admin/auth/group/add/")
