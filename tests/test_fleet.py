"""The fleet: filters that stand in the address, what to do first, and the list as a file."""

import csv
import re
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from intake.models import RawItem, RejectedRow
from kpis.sweep import sweep
from sellers.models import SellerAccount
from tests.makers import make_account, make_answers, make_conversation, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def fleet(client):
    """Three shops of two teams: 5.0 and red, 9.0 and green, and one without answers."""
    ada = make_user("ada")
    accounts = [
        make_account("red", name="Red", team="EU team", owner=ada, marketplace="DE"),
        make_account("green", name="=Green", team="US team", marketplace="US"),
        make_account("quiet", name="Quiet", platform="shopify", marketplace="", team="US team"),
    ]
    make_answers(accounts[0], 20, 20, last="2026-01-18 20:00")
    make_answers(accounts[1], 36, 4, last="2026-01-18 20:00")
    make_conversation(accounts[1], ("buyer", "2026-01-18 10:00"))  # waits for 50 hours
    make_conversation(accounts[1], ("buyer", "2026-01-20 10:00"))  # for 2
    sweep(NOW)
    client.force_login(make_user("mia", *accounts))
    return accounts


def names(client, query=""):
    return re.findall(r'class="acct".*?<b>(.*?)</b>', client.get(f"/{query}").content.decode())


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?team=US+team", ["=Green", "Quiet"]),
        ("?owner=ada", ["Red"]),
        ("?marketplace=US", ["=Green"]),
        ("?team=US+team&platform=shopify", ["Quiet"]),
        ("?team=US+team&band=green", ["=Green"]),
        ("?team=nobody", []),
    ],
)
def test_accounts_are_filtered_by_who_looks_after_them_and_where_they_sell(client, fleet, query, shown):
    assert names(client, query) == shown


def test_each_filter_in_force_can_be_taken_away_by_itself(client, fleet):
    page = client.get("/?team=US+team&platform=shopify").content.decode()
    assert re.findall(r'class="filter-chip" href="(.*?)"', page) == ["?team=US+team", "?platform=shopify"]
    assert "2 accounts are hidden by the filter" in page


def test_what_to_do_first_names_the_count_and_leads_to_the_rows(client, fleet):
    page = client.get("/").content.decode()
    steps = re.findall(r'<a class="card alert" href="(.*?)">.*?<h3>(.*?)</h3><p>(.*?)</p>', page, re.S)
    assert steps[0] == (
        "/queue/?account=green",
        "Answer 1 late reply",
        "1 of them at =Green. Every one has waited for more than 24 hours.",
    )
    assert steps[1][1] == "Red: Customer-service score 5.0"


def test_the_file_holds_the_accounts_that_the_filters_leave(client, fleet):
    body = b"".join(client.get("/accounts.csv?team=US+team").streaming_content).decode()
    lines = list(csv.DictReader(StringIO(body.removeprefix("\ufeff"), newline="")))
    assert [(line["Account"], line["Team"]) for line in lines] == [("'=Green", "US team"), ("Quiet", "US team")]
    assert lines[0]["Customer-service score"] == "9"  # 36 of 40
    assert lines[1]["Customer-service score"] == ""
    assert (lines[0]["Late replies now"], lines[0]["Waiting"]) == ("1", "2")
    response = client.get("/accounts.xlsx?team=US+team")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response.streaming_content)))
    about, table = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert about[0] == ["Filter: team", "US team"]
    assert [row[0] for row in table] == ["Account", "=Green", "Quiet"]
    assert table[1][table[0].index("Customer-service score")] == 9
    assert table[1][table[0].index("Report day")] == date(2026, 1, 19)


def test_a_file_holds_only_what_a_person_may_see(client, fleet):
    client.force_login(make_user("stranger"))
    assert b"".join(client.get("/accounts.csv").streaming_content).decode().count("\r\n") == 1


@pytest.mark.parametrize("number", [5, 60])
def test_a_file_costs_the_same_for_few_and_many_accounts(client, number):
    accounts = [make_account(f"shop-{index:02}") for index in range(number)]
    for account in accounts[::7]:
        make_answers(account, 40, 1, last="2026-01-18 20:00")
    sweep(NOW)
    client.force_login(make_user("mia", *accounts))
    client.get("/accounts.csv")
    with CaptureQueriesContext(connection) as captured:
        assert b"".join(client.get("/accounts.csv").streaming_content).count(b"\r\n") == number + 1
    assert len(captured) == 16


def test_team_and_owner_are_set_on_the_command_line():
    make_user("ada")
    call_command("account", "acme", platform="amazon", zone="UTC", set=["team=EU team", "owner=ada"], verbosity=0)
    account = SellerAccount.objects.get(key="acme")
    assert (account.team, account.owner.username) == ("EU team", "ada")
    call_command("account", "acme", set=["owner="], verbosity=0)
    account.refresh_from_db()
    assert account.owner is None
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        call_command("account", "acme", set=["owner=nobody"], verbosity=0)


def test_rejected_rows_are_named_to_who_may_repair_them(client, fleet):
    item = RawItem.objects.create(account=fleet[1], kind="file", name="a", received_at=NOW)
    row = {"pointer": "3", "row_text": "x", "code": "undecodable", "created_at": NOW}
    RejectedRow.objects.create(account=fleet[1], raw_item=item, **row)
    assert "Repair 1 rejected row" not in client.get("/").content.decode()  # mia only looks
    client.force_login(make_user("boss", is_staff=True))
    page = client.get("/").content.decode()
    assert "Repair 1 rejected row" in page
    assert 'href="/accounts/green/rejects/"' in page
