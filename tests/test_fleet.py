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
        "/queue/?group=late",
        "Answer 1 late reply",
        "All at =Green. They have waited over 24 hours.",
    )
    assert steps[1][1] == "Red: Customer-service score 5.0"


@pytest.mark.parametrize(
    ("query", "late", "leads_to"),
    [
        ("", "2", "/queue/?group=late"),
        ("?team=US+team", "1", "/queue/?team=US+team&amp;group=late"),
        ("?owner=ada", "1", "/queue/?keeper=ada&amp;group=late"),
        ("?q=green&marketplace=US", "1", "/queue/?q=green&amp;marketplace=US&amp;group=late"),
        ("?band=green", "1", ""),  # the queue knows no colours
    ],
)
def test_late_means_the_same_on_the_fleet_in_the_queue_and_in_the_api(client, fleet, query, late, leads_to):
    make_conversation(fleet[0], ("buyer", "2026-01-19 11:00"))  # 25 hours
    make_conversation(fleet[0], ("buyer", "2026-01-20 11:00"), channel="live_chat")  # over 5 minutes
    page = client.get(f"/{query}").content.decode()
    stat = re.search(r"<dt>Late replies now</dt><dd.*?>(?:<a href=\"(.*?)\">)?(\d+)<", page)
    assert (stat[2], stat[1] or "") == (late, leads_to)
    step = re.search(r'<a class="card alert" href="(.*?)">.*?<h3>Answer (\d+) late', page, re.S)
    for address, count in ((leads_to, late), (step[1], step[2])):
        if address:
            queue = client.get(address.replace("&amp;", "&")).content.decode()
            assert len(re.findall(r'class="when"', queue)) == int(count)
    per_account = re.findall(r'href="(/queue/\?account=\w+&amp;group=late)">.*?(\d+)</a>', page)
    assert sum(int(count) for _address, count in per_account) == int(late)
    answer = client.get("/api/v1/accounts/red/queue").json()
    assert (answer["late"], answer["missed"]) == (1, 1)


def test_the_file_holds_the_accounts_that_the_filters_leave(client, fleet):
    body = b"".join(client.get("/accounts.csv?team=US+team").streaming_content).decode()
    lines = list(csv.DictReader(StringIO(body.removeprefix("\ufeff"), newline="")))
    assert [(line["Account"], line["Team"]) for line in lines] == [("'=Green", "US team"), ("Quiet", "US team")]
    assert lines[0]["Customer-service score"] == "9"  # 36 of 40
    assert lines[1]["Customer-service score"] == ""
    assert [lines[0][name] for name in ("Late replies now", "Over the target now", "Waiting")] == ["1", "0", "2"]
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


# --- Beside an earlier time ------------------------------------------------------------------------------------------

# 20 January 2026 is a Tuesday: the report day is Monday the 19th, the newest week ended on Sunday the 18th. Four weeks
# before are 22 and 21 December, 52 weeks before 20 and 19 January 2025.


@pytest.fixture
def risen(client):
    """One shop: 32 of 40 buyers satisfied a year ago, 20 of 40 four weeks ago, 36 of 40 now; and one without a past."""
    shop, new = make_account("shop", name="Shop"), make_account("new", name="New")
    make_answers(shop, 32, 8, last="2025-01-19 20:00")
    make_answers(shop, 20, 20, last="2025-12-21 20:00")
    make_answers(shop, 36, 4, last="2026-01-18 20:00")
    make_answers(new, 28, 12, last="2026-01-18 20:00")
    # Four weeks ago 1 of 4 turns was answered within 24 hours, now 3 of 4; the medians (of 1 h, 30 h, 30 h, 30 h and of
    # 1 h, 1 h, 1 h, 30 h) fall from 30 h to 1 h.
    for month, quick in (("2025-12-2", 1), ("2026-01-1", 3)):
        for number in range(4):
            day = f"{month}0" if month == "2025-12-2" else f"{month}7"
            later = f"{day} 11:00" if number < quick else f"{day[:-1]}{int(day[-1]) + 1} 16:00"
            make_conversation(shop, ("buyer", f"{day} 10:00"), ("agent", later))
    sweep(NOW)
    client.force_login(make_user("mia", shop, new))
    return shop, new


def moves(client, query):
    """What the row of each account says of its changes, without icons: the score first, then the figures."""
    page = client.get(f"/{query}").content.decode()
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    found = {}
    for row in body.split("<tr>")[1:]:
        parts = re.findall(r'class="wide">(.*?)</td>|<span class="moved">(.*?)</td>', row, re.S)
        words = [re.sub(r"<svg.*?</svg>|<[^>]*>", " ", score or figure) for score, figure in parts]
        found[re.search("<b>(.*?)</b>", row).group(1)] = [" ".join(one.split()) for one in words]
    return page, found


def test_every_figure_stands_beside_that_of_four_weeks_before(client, risen):
    page, found = moves(client, "?compare=prev")
    assert "19 Jan 2026 against 22 Dec 2025" in page
    shop = found["Shop"]
    assert shop[0].endswith("up 4.0 (better)")  # 36 of 40 = 9.0 after 20 of 40 = 5.0
    # Within 24 h: the window of 19 January holds 3 of 4, that of 22 December 1 of 4. So few are chance, and are not
    # called good or bad.
    assert shop[1] == "about the same"
    # Unsatisfied: the 30 days up to 19 January begin on 21 December and hold both surveys, 4 + 20 of 80 = 30 %; those
    # up to 22 December hold 20 of 40.
    assert shop[3] == "down 20.00 pts (better)"
    assert found["New"][1:] == ["– nothing to compare with"] * 5


def test_a_year_before_is_52_weeks_before(client, risen):
    page, found = moves(client, "?compare=year")
    assert "19 Jan 2026 against 20 Jan 2025" in page
    # 36 of 40 after 32 of 40: Newcombe's interval of the difference holds 0.
    assert found["Shop"][0].endswith("about the same")
    assert found["Shop"][1] == "– nothing to compare with"  # no turns were known then


def test_nothing_is_compared_unless_asked_and_it_can_be_switched_off(client, risen):
    page, found = moves(client, "")
    assert "against" not in page[page.index("By account") :].split("<tbody>")[0]
    assert len(found["Shop"]) == 1
    compared = client.get("/?q=shop&compare=prev").content.decode()
    assert re.findall(r'<a href="(.*?)"[^>]*>(Nothing|Four weeks before|A year before)</a>', compared) == [
        ("?q=shop", "Nothing"),
        ("?q=shop&amp;compare=prev", "Four weeks before"),
        ("?q=shop&amp;compare=year", "A year before"),
    ]


def test_the_file_holds_the_earlier_figures_when_asked(client, risen):
    def lines(query):
        body = b"".join(client.get(f"/accounts.csv{query}").streaming_content).decode()
        return {line["Key"]: line for line in csv.DictReader(StringIO(body.removeprefix("\ufeff"), newline=""))}

    then = lines("?compare=prev")
    assert then["shop"]["Day compared with"] == "2025-12-22"
    assert then["shop"]["Customer-service score: before"] == "5"
    assert then["shop"]["Customer-service score: change"] == "4"
    assert then["shop"]["Answered within 24 hours: change"] == "0.5"  # 3/4 - 1/4
    assert then["shop"]["Median first reply (seconds): change"] == "-104400"  # 1 h - 30 h = -29 h
    assert then["new"]["Customer-service score: change"] == ""
    assert not [name for name in lines("")["shop"] if "before" in name or "change" in name]


# --- In another order ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Red", "=Green", "Quiet"]),
        ("?sort=name", ["=Green", "Quiet", "Red"]),
        ("?sort=name&order=desc", ["Red", "Quiet", "=Green"]),
        ("?sort=customer_service_score&order=desc", ["=Green", "Red", "Quiet"]),  # 9.0, 5.0, unknown
        ("?sort=customer_service_score&order=asc", ["Red", "=Green", "Quiet"]),
        ("?sort=dissatisfaction_rate", ["Red", "=Green", "Quiet"]),  # 50 %, 10 %: high is bad and comes first
        ("?sort=dissatisfaction_rate&order=asc", ["=Green", "Red", "Quiet"]),
        ("?sort=within_24h_rate&order=asc", ["=Green", "Red", "Quiet"]),  # only one is known
        ("?sort=late", ["=Green", "Red", "Quiet"]),  # one waits too long; equal ones as ever
        ("?sort=late&order=asc", ["Red", "Quiet", "=Green"]),
        ("?sort=shoe_size&order=up", ["Red", "=Green", "Quiet"]),
    ],
)
def test_accounts_are_sorted_by_any_column_with_the_unknown_last(client, fleet, query, shown):
    assert names(client, query) == shown


def test_the_head_says_how_the_list_is_sorted_and_turns_it_round(client, fleet):
    page = client.get("/?team=US+team&sort=late&compare=prev").content.decode()
    head = page[page.index("<thead>") : page.index("</thead>")]
    assert re.findall(r'aria-sort="(\w+)"', head) == ["descending"]
    links = re.findall(r'class="sort" href="(.*?)"', head)
    assert len(links) == 8  # name, score, five figures, late replies
    assert links[0] == "?team=US+team&amp;compare=prev&amp;sort=name&amp;order=asc"
    assert links[2] == "?team=US+team&amp;compare=prev&amp;sort=within_24h_rate&amp;order=asc"  # low is bad
    assert links[4] == "?team=US+team&amp;compare=prev&amp;sort=dissatisfaction_rate&amp;order=desc"
    assert links[7] == "?team=US+team&amp;compare=prev&amp;sort=late&amp;order=asc"
    assert re.findall(r'class="filter-chip" href="(.*?)"', page) == ["?compare=prev&amp;sort=late"]
    assert 'href="/?compare=prev&amp;sort=late">Clear all' in page


def test_the_file_stands_in_the_same_order(client, fleet):
    body = b"".join(client.get("/accounts.csv?sort=name&order=desc").streaming_content).decode()
    assert [line["Key"] for line in csv.DictReader(StringIO(body.removeprefix("\ufeff"), newline=""))] == [
        "red",
        "quiet",
        "green",
    ]


def test_the_next_page_keeps_order_and_comparison(client):
    accounts = [make_account(f"shop-{index:02}", name=f"Shop {index:02}") for index in range(51)]
    client.force_login(make_user("mia", *accounts))
    page = client.get("/?sort=name&order=desc&compare=year").content.decode()
    assert 'rel="next" href="?sort=name&amp;order=desc&amp;compare=year&amp;page=2"' in page
    assert names(client, "?sort=name&order=desc&compare=year&page=2") == ["Shop 00"]


@pytest.mark.parametrize("number", [5, 60])
def test_comparing_and_sorting_cost_the_same_for_few_and_many_accounts(client, number):
    accounts = [make_account(f"shop-{index:02}") for index in range(number)]
    for account in accounts[::2]:
        make_answers(account, 40, 1, last="2026-01-18 20:00")
        make_conversation(account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-10 12:00"))
    sweep(NOW)
    client.force_login(make_user("mia", *accounts))
    client.get("/")
    counts = []
    for query in ("", "?compare=prev", "?sort=first_response_time", "?sort=first_response_time&compare=year"):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/{query}").status_code == 200
        counts.append(len(captured))
    # The earlier figures are seven queries, as many as those of the page itself; medians are read from rows, one more.
    assert [count - counts[0] for count in counts] == [0, 7, 1, 8]
