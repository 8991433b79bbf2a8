"""The account switcher: the same page of another account, found by a few letters, and nothing of others."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from tests.makers import make_account, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    one = make_account("one", name="Rose Garden", marketplace="US")
    two = make_account("two", name="Herb Garden", platform="shopify", marketplace="")
    make_account("theirs", name="Secret Garden")
    found = Client()
    found.force_login(make_user("mia", one, two))
    return found


def addresses(client: Client, **asked: str) -> list[str]:
    return [place.address for place in client.get("/switch/", asked).context["places"]]


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/accounts/one/", "/accounts/two/"),
        ("/accounts/one/?on=2026-01-05&page=3", "/accounts/two/?on=2026-01-05"),
        ("/accounts/one/late_response_rate/?weeks=26&part=for", "/accounts/two/late_response_rate/?weeks=26"),
        ("/accounts/one/weeks/2026-01-18/", "/accounts/two/weeks/2026-01-18/"),
        ("/accounts/one/corrections/", "/accounts/two/corrections/"),
        # The seventh correction is one account's, as its people and notes are: there the list stands.
        ("/accounts/one/corrections/7/", "/accounts/two/corrections/"),
        ("/accounts/one/agents/3/?days=90&list=late", "/accounts/two/agents/?days=90"),
        ("/accounts/one/notes/3/", "/accounts/two/notes/"),
        ("/accounts/one/conversations/3/", "/accounts/two/"),
        ("/accounts/one/agents/?days=90&sort=answers&page=2", "/accounts/two/agents/?days=90&sort=answers"),
        ("/accounts/one/topics/?by=channel", "/accounts/two/topics/?by=channel"),
        ("/accounts/one/notes/new/?day=2026-01-05", "/accounts/two/notes/"),
        ("/queue/", "/queue/?account=two"),
        (
            "/queue/?account=one&platform=amazon&team=EU&owner=@me&topic=refund&group=late&page=3",
            "/queue/?account=two&owner=%40me&topic=refund&group=late",
        ),
        ("/queue/dismissed/?account=one", "/queue/dismissed/?account=two"),
        ("/reports/", "/accounts/two/weeks/"),
        ("/reports/2026-01-18/", "/accounts/two/weeks/"),
        ("/metrics/", "/accounts/two/"),
        ("/nowhere/", "/accounts/two/"),
        ("https://elsewhere.example/accounts/one/", "/accounts/two/"),
        ("http://[broken", "/accounts/two/"),
        ("", "/accounts/two/"),
    ],
)
def test_the_same_page_of_another_account_where_there_is_one(client: Client, here: str, there: str) -> None:
    assert addresses(client, q="herb", **{"from": here}) == [there]


def test_the_account_that_is_open_is_marked_in_the_queue_too(client: Client) -> None:
    places = client.get("/switch/", {"from": "/queue/?account=two"}).context["places"]
    assert [place.account.key for place in places if place.is_current] == ["two"]


def test_every_word_may_stand_anywhere_in_name_key_and_place(client: Client) -> None:
    assert addresses(client, q="GARDEN shopify") == ["/accounts/two/"]
    assert addresses(client, q="gard us") == ["/accounts/one/"]
    assertContains(client.get("/switch/?q=nothing"), "No account matches.")
    assertNotContains(client.get("/switch/?q=garden"), "Secret")


def test_a_long_list_is_cut_and_says_so(client: Client) -> None:
    user = make_user("boss", is_staff=True)
    for number in range(31):
        make_account(f"more-{number}")
    client.force_login(user)
    page = client.get("/switch/")
    assert len(page.context["places"]) == 30
    assertContains(page, "4 more: type more letters.")  # 34 accounts in all
