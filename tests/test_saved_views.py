"""Views of the list of accounts: filters under a name, for oneself or for everybody who may sign in."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import SavedView
from kpis.sweep import sweep
from tests.makers import at, make_account, make_answers, make_conversation, make_user

pytestmark = pytest.mark.django_db
NOW = at("2026-01-20 12:00")


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def shops():
    """A shop in Germany and one in the United States, both without figures."""
    return [
        make_account("de", name="Berlin", team="EU team", marketplace="DE"),
        make_account("us", name="Boston", team="US team", marketplace="US"),
    ]


@pytest.fixture
def mia(shops):
    return make_user("mia", *shops)


@pytest.fixture
def client(mia):
    return client_of(mia)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(client, query=""):
    return client.get(f"/{query}").content.decode()


def names(client, query=""):
    return re.findall(r'class="acct".*?<b>(.*?)</b>', page_of(client, query))


def tabs(client, query=""):
    """Name, address and whether it is the current one, of each view."""
    bar = re.search(
        r'<nav class="pages-of" aria-label="Views of the accounts">(.*?)</nav>', page_of(client, query), re.S
    )
    found = re.findall(r'<a href="(.*?)"( aria-current="page")?>(.*?)</a>', bar.group(1))
    return [(name, unescape(href), bool(here)) for href, here, name in found]


def save(client, query, name="EU", **more):
    return client.post("/views/", {"query": query, "name": name, **more}, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def view_of(user, query="team=EU+team", name="EU", **more):
    return SavedView.objects.create(user=user, query=query, name=name, **more)


# --- Saving ----------------------------------------------------------------------------------------------------------


def test_filters_are_saved_under_a_name_and_become_a_tab(client):
    response = save(client, "team=EU+team")
    assert response.redirect_chain == [("/?team=EU+team", 302)]
    assert told(response) == ["The view “EU” was saved."]
    assert tabs(client, "?team=EU+team") == [
        ("All accounts", "/", False),
        ("Needs attention", "/?attention=1", False),
        ("EU", "/?team=EU+team", True),
    ]
    assert names(client, "?team=EU+team") == ["Berlin"]


def test_without_a_filter_all_accounts_is_the_current_view(client):
    assert [here for _name, _href, here in tabs(client)] == [True, False]


def test_a_view_is_offered_where_a_filter_is_in_force_and_no_view_has_it(client, mia):
    view_of(mia)
    offered = {
        query: "Save this view" in page_of(client, query)
        for query in ("", "?attention=1", "?band=purple", "?page=2", "?team=EU+team", "?team=US+team")
    }
    assert [query for query, is_offered in offered.items() if is_offered] == ["?team=US+team"]
    assert "Change this view" in page_of(client, "?team=EU+team")


def test_an_address_is_kept_in_one_form_however_it_was_written(client):
    """Twice the same filters; the unknown name, the impossible value and the page number are left out."""
    save(client, "team=EU%20team&platform=amazon&page=3&evil=1&band=purple&q=+")
    assert SavedView.objects.get().query == "platform=amazon&team=EU+team"
    assert tabs(client, "?team=EU+team&page=1&platform=amazon")[2][2]


def test_order_and_comparison_belong_to_a_view(client):
    save(client, "team=EU+team&sort=name&compare=prev")
    assert SavedView.objects.get().query == "compare=prev&sort=name&team=EU+team"
    assert not tabs(client, "?team=EU+team")[2][2]


@pytest.mark.parametrize("query", ["", "page=2", "band=purple", "https://evil.example/?x=1", "//evil.example", "q=%00"])
def test_what_names_no_filter_is_not_saved(client, query):
    response = save(client, query)
    assert response.redirect_chain == [("/", 302)]
    assert told(response) == ["Filter or sort the list first: a view without either shows all accounts."]
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("query", ["attention=1", "team=EU+team"])
def test_the_same_filters_are_not_saved_twice(client, mia, query):
    view_of(mia)
    assert told(save(client, query, "Again")) == ["There is a view with these filters already."]
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("EU", "You have a view of this name already."),
        ("  ", "The name cannot be used: This field is required."),
        ("x" * 61, "The name cannot be used: Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_a_name_is_needed_short_and_ones_own_only_once(client, mia, name, why):
    view_of(mia)
    assert told(save(client, "team=US+team", name)) == [why]
    assert SavedView.objects.count() == 1


def test_two_people_may_use_the_same_name(client):
    view_of(make_user("ben"), shared=True)
    save(client, "team=US+team")
    assert SavedView.objects.filter(name="EU").count() == 2


def test_a_person_has_at_most_thirty_views(client, mia):
    for number in range(29):
        view_of(mia, f"q=shop{number}", f"Shop {number}")
    assert told(save(client, "q=last", "Last")) == ["The view “Last” was saved."]
    assert told(save(client, "q=more", "More")) == ["You have 30 views, the most one may have. Remove one first."]
    assert mia.saved_views.count() == 30


def test_a_hostile_name_and_filter_are_only_text(client):
    hostile = '"><script>alert(1)</script>'
    save(client, "q=%22%3E%3Cscript%3E", hostile, shared="on")
    for page in (page_of(client), page_of(client, "?q=%22%3E%3Cscript%3E")):
        assert "<script>alert" not in page
        assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert 'href="/?q=%22%3E%3Cscript%3E"' in page


# --- Sharing ---------------------------------------------------------------------------------------------------------


def test_a_view_is_private_until_it_is_for_everybody(client, shops):
    other = client_of(make_user("ben", *shops))
    save(client, "team=EU+team")
    assert len(tabs(other)) == 2
    client.post(f"/views/{SavedView.objects.get().pk}/", {"name": "Europe", "shared": "on"})
    name, href, _here = tabs(other)[2]
    assert (re.sub("<.*?>", "", name), href) == ("Europe shared by mia", "/?team=EU+team")


def test_a_shared_view_shows_only_the_accounts_of_who_opens_it(shops, mia):
    view_of(mia, "platform=amazon", "Amazon", shared=True)
    assert names(client_of(mia), "?platform=amazon") == ["Berlin", "Boston"]
    assert names(client_of(make_user("ben", shops[1])), "?platform=amazon") == ["Boston"]


def test_ones_own_views_come_before_those_of_others(client, mia):
    view_of(make_user("ben"), "q=a", "A", shared=True)
    view_of(mia, "q=c", "c")
    view_of(mia, "q=b", "B", shared=True)
    assert [href for _name, href, _here in tabs(client)][2:] == ["/?q=b", "/?q=c", "/?q=a"]


def test_of_two_views_with_the_same_filters_ones_own_is_current(client, mia):
    view_of(make_user("ben"), name="Ben's", shared=True)
    view_of(mia, name="Mine")
    assert [name for name, _href, here in tabs(client, "?team=EU+team") if here] == ["Mine"]


# --- Changing and removing -------------------------------------------------------------------------------------------


def test_an_owner_renames_a_view_and_takes_it_back_from_everybody(client, mia):
    view = view_of(mia, shared=True)
    response = client.post(f"/views/{view.pk}/", {"name": "Europe", "query": "q=other"}, follow=True)
    view.refresh_from_db()
    assert (view.name, view.shared, view.query) == ("Europe", False, "team=EU+team")
    assert response.redirect_chain == [("/?team=EU+team", 302)]
    assert told(response) == ["The view “Europe” was changed."]


def test_a_view_keeps_its_name_when_the_new_one_is_taken(client, mia):
    view_of(mia, "q=b", "Taken")
    view = view_of(mia)
    response = client.post(f"/views/{view.pk}/", {"name": "Taken"}, follow=True)
    assert told(response) == ["You have a view of this name already."]
    view.refresh_from_db()
    assert view.name == "EU"


def test_a_removed_view_leaves_its_filters_in_force(client, mia):
    response = client.post(f"/views/{view_of(mia).pk}/remove/", follow=True)
    assert response.redirect_chain == [("/?team=EU+team", 302)]
    assert told(response) == ["The view “EU” is gone."]
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("step", ["", "remove/"])
def test_the_views_of_others_cannot_be_changed(client, shared, step):
    view = view_of(make_user("ben"), shared=shared)
    assert client.post(f"/views/{view.pk}/{step}", {"name": "Mine"}).status_code == 404
    assert client.post(f"/views/{view.pk + 1}/{step}", {"name": "Mine"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "EU"
    assert "Change this view" not in page_of(client, "?team=EU+team")


def test_views_are_changed_by_posts_of_people_who_signed_in(client, mia):
    paths = ["/views/", f"/views/{view_of(mia).pk}/", f"/views/{view_of(mia, 'q=b', 'B').pk}/remove/"]
    assert [client.get(path).status_code for path in paths] == [405, 405, 405]
    assert [Client().post(path).status_code for path in paths] == [302, 302, 302]  # to the sign-in
    assert [Client().post(path).url.startswith("/user/login/") for path in paths] == [True, True, True]
    assert SavedView.objects.count() == 2


# --- Needs attention -------------------------------------------------------------------------------------------------


def test_an_account_needs_attention_when_any_of_its_figures_is_red(client, shops):
    """Boston has no score, but answered its one message after 50 hours: 0.0% within 24 hours is red. Berlin is 9.0."""
    make_answers(shops[0], 36, 4, last="2026-01-18 20:00")
    make_conversation(shops[1], ("buyer", "2026-01-12 10:00"), ("agent", "2026-01-14 12:00"))
    sweep(NOW)
    assert names(client, "?attention=1") == ["Boston"]
    assert names(client, "?attention=1&team=EU+team") == []
    page = page_of(client, "?attention=1")
    assert "1 account is hidden by the filter" in page
    assert 'class="filter-chip" href="?"' in page
    assert '<input type="hidden" name="attention" value="1">' in page
    file = b"".join(client.get("/accounts.csv?attention=1").streaming_content).decode()
    assert "Boston" in file
    assert "Berlin" not in file


@pytest.mark.parametrize("query", ["", "?attention=1"])
def test_any_number_of_views_takes_one_query(client, mia, query):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/{query}")
        return len(captured)

    client.get("/")
    few = queries()
    for number in range(20):
        view_of(make_user(f"user{number}"), f"q={number}", shared=True)
        view_of(mia, f"q=mine{number}", f"Mine {number}")
    assert queries() == few
