"""The reply queue: who waits over all accounts, by the true clock. Frozen on Tuesday 20 January 2026, 12:00 UTC."""

import csv
import re
import threading
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.db import close_old_connections, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from dashboard import clocks
from intake.dismissals import dismiss, restore
from intake.models import Correction
from kpis.queue import Group, Queue, Wanted, hour_edges, late_count
from kpis.return_queue import ReturnQueue
from kpis.waiting import Waiting, waiting
from messaging.models import Agent, Reply, ResponseTarget, Turn
from orders.models import Return
from orders.recompute_events import recompute_returns
from sellers.locks import lock_for_writing
from sellers.models import Membership
from tests.makers import NOW, at, client_of, make_account, make_conversation, make_message, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def waits(account, moment, name, **values):
    """A conversation whose buyer waits since this moment."""
    return make_conversation(account, ("buyer", moment), external_id=name, subject=name, **values)


def names(waiting_now):
    return [wait.conversation for wait in waiting_now]


def shown(response):
    """The subjects on the page, from top to bottom."""
    return re.findall(r'class="title".*?>(.*?)</a>', text_of(response))


def make_return(account, requested, *, number, **values):
    row = Return.objects.create(
        account=account, system="test", external_id=number, order_external_id=f"o-{number}",
        requested_at=at(requested), fulfilled_by="merchant", **values,
    )  # fmt: skip
    recompute_returns(account, [row.pk], NOW)
    return row


# --- Deadlines -------------------------------------------------------------------------------------------------------


def test_the_earlier_of_target_and_24_hours_is_the_deadline():
    shop = make_account()
    ResponseTarget.objects.create(account=shop, priority="low", valid_from="2026-01-01", seconds=48 * 3600)
    waits(shop, "2026-01-20 11:57", "chat", channel="live_chat")  # 5 minutes allowed, 2 left
    waits(shop, "2026-01-20 11:54", "missed chat", channel="live_chat")
    waits(shop, "2026-01-19 11:59", "yesterday's mail")
    waits(shop, "2026-01-19 15:00", "mail")  # until 15:00
    waits(shop, "2026-01-20 00:00", "low", priority="low")  # 48 hours allowed, but the platform's 24 hours end sooner
    found = Queue([shop], NOW).pressing(0, 10)
    assert [(wait.conversation, wait.group, wait.left) for wait in found] == [
        ("yesterday's mail", Group.LATE, timedelta(minutes=-1)),
        ("missed chat", Group.MISSED, timedelta(minutes=-1)),
        ("chat", Group.SOON, timedelta(minutes=2)),
        ("mail", Group.SOON, timedelta(hours=3)),
        ("low", Group.LATER, timedelta(hours=12)),
    ]
    # One is late everywhere; beside it, one is only over its target.
    counts = Queue([shop], NOW).counts()
    assert (late_count([shop], NOW), counts.late, counts.groups[Group.MISSED]) == (1, 1, 1)
    assert waiting([shop], NOW)[shop.id] == Waiting(late=1, missed=1, in_time=3, soon=2)


@pytest.mark.parametrize(
    ("opened", "group"),
    [
        ("2026-01-19 11:59:59", Group.LATE),
        ("2026-01-19 12:00:00", Group.SOON),  # exactly 24 hours are not over yet
        ("2026-01-19 15:59:59", Group.SOON),
        ("2026-01-19 16:00:00", Group.TODAY),  # exactly 4 hours are left
        ("2026-01-19 23:59:59", Group.TODAY),
        ("2026-01-20 00:00:00", Group.LATER),
    ],
)
def test_database_and_row_agree_on_the_group(opened, group):
    shop = make_account()
    waits(shop, opened, "one")
    (wait,) = Queue([shop], NOW).pressing(0, 10)
    counts = Queue([shop], NOW).counts()
    assert (wait.group, counts.groups[group], sum(counts.groups.values())) == (group, 1, 1)
    assert names(Queue([shop], NOW, Wanted(group=group)).pressing(0, 10)) == ["one"]


def test_who_has_an_answer_or_needs_none_or_wrote_long_ago_does_not_wait():
    shop = make_account()
    make_conversation(shop, ("buyer", "2026-01-19 10:00"), ("agent", "2026-01-19 11:00"))
    make_conversation(shop, ("marked", "2026-01-19 10:00"))
    waits(shop, "2025-12-20 10:00", "31 days ago")
    make_conversation(
        shop, ("buyer", "2026-01-19 13:00"), ("auto", "2026-01-19 13:01"), external_id="told by a machine"
    )
    assert names(Queue([shop], NOW)) == ["told by a machine"]


def test_the_clock_decides_before_the_deadline_has_become_a_row():
    shop = make_account()
    make_conversation(shop, ("buyer", "2026-01-19 11:00"), external_id="one", now=at("2026-01-19 11:30"))
    assert Turn.objects.get().reply == Reply.PENDING
    assert (late_count([shop], NOW), waiting([shop], NOW)[shop.id].late) == (1, 1)


def test_24_hours_are_24_hours_in_the_night_in_which_clocks_are_set_back():
    """On Sunday 25 October 2026 clocks in Berlin go from 03:00 CEST back to 02:00 CET: 02:30 comes twice.

    Asked on Saturday at 02:30 local time (00:30 UTC), the 24 hours end on Sunday at 00:30 UTC, the first 02:30.
    Asked an hour later, at 03:30, they end at 01:30 UTC, which is 02:30 again.
    """
    berlin = make_account(time_zone="Europe/Berlin")
    before = at("2026-10-24 12:00")
    make_conversation(berlin, ("buyer", "2026-10-24 00:30"), now=before)
    make_conversation(berlin, ("buyer", "2026-10-24 01:30"), now=before)
    first, second = Queue([berlin], before).pressing(0, 10)
    assert [clocks.due(wait.deadline, berlin.zone) for wait in (first, second)] == ["Sun 25 Oct, 02:30"] * 2
    assert [clocks.zone_at(wait.deadline, berlin.zone) for wait in (first, second)] == [
        "Europe/Berlin, UTC+2",
        "Europe/Berlin, UTC+1",
    ]
    assert [wait.left for wait in (first, second)] == [timedelta(hours=12, minutes=30), timedelta(hours=13, minutes=30)]


def test_24_hours_end_an_hour_later_on_the_clock_where_it_is_set_forward():
    """On Sunday 29 March 2026 clocks in Berlin jump from 02:00 to 03:00; Saturday 10:00 and 24 hours are 11:00."""
    berlin = make_account(time_zone="Europe/Berlin")
    make_conversation(berlin, ("buyer", "2026-03-28 09:00"), now=at("2026-03-28 12:00"))
    (wait,) = Queue([berlin], at("2026-03-28 12:00")).pressing(0, 10)
    assert clocks.due(wait.deadline, berlin.zone) == "Sun 29 Mar, 11:00"


def test_hours_ahead_are_those_of_the_accounts_clock():
    """Kathmandu is at UTC+5:45, so its full hours lie at a quarter past in UTC."""
    kathmandu = make_account(time_zone="Asia/Kathmandu")
    edges = hour_edges(NOW, kathmandu.zone)
    assert edges[:3] == [NOW, at("2026-01-20 12:15"), at("2026-01-20 13:15")]
    assert (edges[-1], len(edges)) == (NOW + timedelta(hours=24), 26)
    waits(kathmandu, "2026-01-19 12:10", "before the full hour")
    waits(kathmandu, "2026-01-19 12:15", "at the full hour")
    waits(kathmandu, "2026-01-20 11:59:59", "just now")  # due a second before the strip ends
    waits(kathmandu, "2026-01-19 11:00", "over")
    hours = Queue([kathmandu], NOW).counts(edges).hours
    assert (hours[0], hours[1], sum(hours)) == (1, 1, 3)


def test_counting_all_accounts_names_them_once_however_many_numbers_are_counted():
    shops = [make_account(), make_account()]
    asked = []
    for edges in ([], hour_edges(NOW, shops[0].zone)):
        with CaptureQueriesContext(connection) as queries:
            Queue(shops, NOW).counts(edges, shops)
        [sql] = [query["sql"] for query in queries]
        asked.append(sql.count('."account_id"'))
    assert asked[0] == asked[1]


def test_offsets_of_half_hours_and_the_west_are_told():
    assert clocks.zone_at(NOW, make_account(time_zone="Asia/Kolkata").zone) == "Asia/Kolkata, UTC+5:30"
    assert clocks.zone_at(NOW, make_account(time_zone="America/St_Johns").zone) == "America/St_Johns, UTC−3:30"
    assert clocks.zone_at(NOW, make_account(time_zone="UTC").zone) == "UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 min left"),
        (59, "0 min left"),
        (42 * 60 + 59, "42 min left"),
        (3600, "1 h 0 min left"),
        (47 * 3600 + 60, "47 h 1 min left"),
        (-1, "0 min late"),
        (-21 * 60, "21 min late"),
        (-25 * 3600, "25 h 0 min late"),
        (-51 * 3600, "2 d 3 h late"),
    ],
)
def test_time_left_in_words(seconds, text):
    assert clocks.left(timedelta(seconds=seconds)) == text


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_all_accounts_of_a_person_the_most_pressing_first():
    mine, also_mine = make_account("mine"), make_account("also-mine", time_zone="Asia/Tokyo")
    theirs = make_account("theirs")
    waits(mine, "2026-01-20 10:00", "fresh")
    waits(also_mine, "2026-01-19 13:00", "soon")
    waits(mine, "2026-01-18 10:00", "late", url="https://shop.example/late", assignee_name="Chen Yu", language="de")
    waits(theirs, "2026-01-18 10:00", "secret")
    page = client_of(mine, also_mine).get("/queue/")
    assert shown(page) == ["late", "soon", "fresh"]
    told = text_of(page)
    assert "secret" not in told
    for sentence in (
        "26 h 0 min late", "1 h 0 min left", "due Tue 20 Jan, 22:00", "Asia/Tokyo, UTC+9", "3 messages, 2 accounts",
        "Chen Yu", "German", 'href="https://shop.example/late"',
    ):  # fmt: skip
        assert sentence in told
    assert told.count('rel="noreferrer noopener external"') == 1, "nothing leads to a platform that is not known"


@pytest.mark.parametrize("page", ["", "list/", "queue.csv", "dismissed/"])
def test_what_is_no_key_of_an_account_is_missing_too(page):
    client = client_of(make_account("mine"))
    for said in ("mi\x00ne", "Mine", "mine\n", "m" * 5000):
        assert client.get(f"/queue/{page}", {"account": said}).status_code == 404


def test_an_account_of_others_is_missing():
    make_account("theirs")
    client = client_of(make_account("mine"))
    assert client.get("/queue/?account=mine").status_code == 200
    for path in ("/queue/", "/queue/list/", "/queue/dismissed/"):
        assert (
            client.get(f"{path}?account=theirs").status_code == client.get(f"{path}?account=nobodys").status_code == 404
        )


def test_a_case_that_was_resolved_without_an_answer_says_so():
    shop = make_account()
    waits(shop, "2026-01-18 10:00", "resolved", resolved="2026-01-18 12:00")
    waits(shop, "2026-01-18 11:00", "open")
    resolved, still_open = client_of(shop).get("/queue/").context["page"].rows
    assert (resolved.tags, still_open.tags) == (["E-mail", "Resolved"], ["E-mail"])


def test_filters_narrow_the_list_and_what_is_hidden_is_counted():
    amazon, shopify = make_account("amazon"), make_account("shopify", platform="shopify")
    waits(amazon, "2026-01-20 10:00", "a", topic="refund", language="de", assignee_name="Chen Yu")
    waits(amazon, "2026-01-20 09:00", "b", topic="refund", assignee_external_id="u-7")
    waits(amazon, "2026-01-19 13:00", "c", language="de", channel="phone")
    waits(shopify, "2026-01-20 08:00", "d", assignee_name="Chen Yu", assignee_external_id="u-1")
    client = client_of(amazon, shopify)
    for query, expected in {
        "account=amazon": "cba",
        "platform=shopify": "d",
        "owner=Chen+Yu": "da",
        "owner=u-7": "b",
        "owner=-": "c",
        "topic=refund": "ba",
        "topic=-": "cd",
        "language=de": "ca",
        "language=-": "db",
        "channel=phone": "c",
        "group=soon": "c",
        "group=later&topic=refund": "ba",
        "channel=pigeon": "cdba",  # not understood: as if it were not there
    }.items():
        page = client.get(f"/queue/?{query}")
        assert "".join(shown(page)) == expected, query
        hidden = 4 - len(expected)
        said = (
            "" if not hidden else "1 is hidden by the filter" if hidden == 1 else f"{hidden} are hidden by the filter"
        )
        assert said in text_of(page), query
    assert 'href="?owner=Chen+Yu"' in text_of(client.get("/queue/?owner=Chen+Yu&topic=refund")), "a chip takes one away"


def test_mine_is_what_is_assigned_to_an_agent_that_i_am_or_to_my_very_name():
    shop, other = make_account(), make_account()
    mei = make_user("mei", shop, other, first_name="Mei", last_name="Lin")
    kim = make_user("kim", shop)
    for account, number, user in ((shop, "u-1", mei), (shop, "u-2", kim), (shop, "u-3", None)):
        Agent.objects.create(account=account, system="test", external_id=number, name=f"Desk {number}", user=user)
    waits(shop, "2026-01-20 11:00", "by ID", assignee_external_id="u-1", assignee_name="M. L.")
    waits(shop, "2026-01-20 10:00", "by name of the agent", assignee_name="Desk u-1")
    waits(shop, "2026-01-20 09:00", "by my name", assignee_name="Mei Lin")
    waits(shop, "2026-01-20 08:00", "an agent of my name", assignee_external_id="u-3", assignee_name="Mei Lin")
    waits(shop, "2026-01-20 07:00", "another of my name", assignee_external_id="u-2", assignee_name="Mei Lin")
    waits(other, "2026-01-20 06:00", "same ID, other account", assignee_external_id="u-1")
    waits(shop, "2026-01-20 05:00", "nobody's")
    client = Client()
    client.force_login(mei)
    page = client.get("/queue/?owner=@me")
    assert shown(page) == ["an agent of my name", "by my name", "by name of the agent", "by ID"]
    assert '<a href="?owner=%40me" aria-current="page">Mine</a>' in text_of(page)
    assert "Mine are the conversations assigned to you" in text_of(page)
    file = b"".join(client.get("/queue/queue.csv?owner=@me").streaming_content).decode()
    assert file.count("Mei Lin") == 2 and "nobody" not in file
    client.force_login(kim)
    assert shown(client.get("/queue/?owner=@me")) == ["another of my name"]


def test_an_empty_queue_says_so():
    assert "Nobody is waiting" in text_of(client_of(make_account()).get("/queue/"))
    assert "No accounts yet" in text_of(client_of().get("/queue/"))
    shop = make_account()
    waits(shop, "2026-01-20 10:00", "a")
    assert "1 message outside this filter waits." in text_of(client_of(shop).get("/queue/?group=late"))


def test_every_page_tells_how_many_replies_are_late():
    shop = make_account()
    waits(shop, "2026-01-18 10:00", "late")
    waits(shop, "2026-01-20 10:00", "over its target", channel="live_chat")
    waits(shop, "2026-01-20 10:00", "fresh")
    assert text_of(client_of(shop).get("/metrics/")).count('data-late-now><span data-count="late">1</span>') == 1
    assert text_of(client_of(make_account()).get("/metrics/")).count("data-late-now hidden>") == 2


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_many_late_replies_are_counted_by_the_rules_of_the_language_and_fit_a_narrow_badge(monkeypatch, language):
    monkeypatch.setattr("dashboard.pages.shell.late_count", lambda _accounts, _now: 23_000)
    page = text_of(client_of(make_account()).get("/metrics/", headers={"accept-language": language}))
    whole = '<span data-count="late">23,000</span>'
    assert f'{whole}<span class="sr-only">' in page
    assert f'<span aria-hidden="true" data-count="lateShort">999+</span><span class="sr-only">{whole}' in page


def test_the_list_comes_alone_for_the_page_that_keeps_itself_fresh():
    shop = make_account()
    waits(shop, "2026-01-18 10:00", "late")
    piece = text_of(client_of(shop).get("/queue/list/?group=late"))
    assert piece.startswith(
        '<div class="queue-list" data-now="2026-01-20T12:00:00+00:00" data-late="1" data-late-short="1">'
    )
    assert "<html" not in piece
    assert "26 h 0 min late" in piece


def test_long_queues_have_pages():
    shop = make_account()
    for number in range(52):
        waits(shop, f"2026-01-20 09:{number:02}", f"w{number}")
    client = client_of(shop)
    assert shown(client.get("/queue/")) == [f"w{number}" for number in range(50)]
    assert shown(client.get("/queue/?page=2")) == ["w50", "w51"]


def test_the_queries_grow_neither_with_accounts_nor_with_waits():
    def queries(accounts, path):
        client = client_of(*accounts)
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(path)
        return len(asked)

    one = make_account()
    waits(one, "2026-01-20 10:00", "a")
    many = [make_account(time_zone=zone) for zone in ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Apia")]
    for account in many:
        for number in range(4):
            waits(account, f"2026-01-20 0{number}:00", f"w{number}", topic=f"t{number}", language="de")
        make_return(account, "2026-01-19 10:00", number="r")
    make_return(one, "2026-01-19 10:00", number="r")
    for path, number in QUERIES.items():
        assert queries([one], path) == queries(many, path) == number, path


# Session, person, accounts, where one may write, the counts of waits and of return requests, one page of the list make
# 7. Around them stand the choices of four filters, the freshness (2), and the count beside the name in the rail. The
# list of returns counts them again without the filter, and has no such filters.
QUERIES = {"/queue/": 15, "/queue/?list=returns": 11, "/queue/list/": 8}


def test_the_file_has_every_line_that_the_filters_leave_and_no_formula():
    shop, other = make_account("shop", time_zone="Europe/Berlin"), make_account("other")
    waits(shop, "2026-01-19 13:00", "=1+1", url="https://shop.example/1", topic="refund")
    waits(shop, "2026-01-20 10:00", "b", topic="refund")
    waits(shop, "2026-01-20 10:00", "c")
    waits(other, "2026-01-20 10:00", "d", topic="refund")
    answer = client_of(shop, other).get("/queue/queue.csv?account=shop&topic=refund")
    head, first, second = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())
    assert answer["Content-Disposition"] == 'attachment; filename="queue-2026-01-20-1200.csv"'
    assert dict(zip(head, first, strict=True)) == {
        "Account": "Shop", "Account key": "shop", "Conversation": "'=1+1", "Subject": "'=1+1", "Channel": "email",
        "Priority": "", "Topic": "refund", "Language": "", "Owner": "", "Opened": "2026-01-19T14:00:00+01:00",
        "Seconds allowed": "86400", "Due by its target": "2026-01-20T14:00:00+01:00",
        "24 hours end": "2026-01-20T14:00:00+01:00", "Due": "2026-01-20T14:00:00+01:00", "Seconds left": "3600",
        "Address on the platform": "https://shop.example/1",
    }  # fmt: skip
    assert second[2] == "b"
    make_return(shop, "2026-01-18 13:00", number="r-1")
    answer = client_of(shop).get("/queue/queue.csv?list=returns")
    _head, line = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())
    assert line == ["Shop", "shop", "o-r-1", "r-1", "", "", "2026-01-20T14:00:00+01:00", "3600"]


# --- No reply needed -------------------------------------------------------------------------------------------------


def manager_of(*accounts):
    return client_of(*accounts, role=Membership.Role.MANAGER)


def test_one_press_says_that_a_turn_needs_no_reply_and_one_takes_it_back():
    shop = make_account()
    thread = waits(shop, "2026-01-18 10:00", "thanks")
    make_message(thread, "buyer", "2026-01-18 10:05")
    waits(shop, "2026-01-18 11:00", "other")
    client = manager_of(shop)
    turn = thread.turns.get()
    done = client.post(
        "/queue/no-reply/", {"only": turn.pk, "turn": ["999"], "reason": "thanks", "query": "group=late"}
    )
    assert done.url == "/queue/?group=late"
    assert thread.turns.count() == 0
    assert [one.reply for one in thread.messages.all()] == [Reply.NOT_NEEDED] * 2
    assert {(one.state, one.reason) for one in Correction.objects.all()} == {
        ("applied", "No reply needed, said in the reply queue: the buyer only says thanks or asks nothing")
    }
    page = text_of(client.get(done.url))
    assert "1 wait needs no reply." in page
    assert shown(client.get("/queue/")) == ["other"]
    said_at = re.search(r'name="said_at" value="(.*?)"', page).group(1)

    back = client.post("/queue/wait-again/", {"said_at": said_at})
    assert "2 messages wait again." in text_of(client.get(back.url))
    assert shown(client.get("/queue/")) == ["thanks", "other"]
    assert thread.turns.get().opened_at == at("2026-01-18 10:00"), "it waits by its old clock"


def test_ticked_waits_of_several_accounts_go_in_one_step():
    one, two = make_account(), make_account()
    turns = [waits(account, "2026-01-18 10:00", "x").turns.get().pk for account in (one, two)]
    client = manager_of(one, two)
    client.post("/queue/no-reply/", {"turn": turns, "reason": "machine"})
    assert "2 waits need no reply." in text_of(client.get("/queue/"))
    assert len({correction.applied_at for correction in Correction.objects.all()}) == 1
    listed = text_of(client.get("/queue/dismissed/"))
    assert listed.count('name="said_at"') == 2
    conversation = re.search(r'name="conversation" value="(\d+)"', listed).group(1)
    back = client.post(
        "/queue/wait-again/", {"said_at": NOW.isoformat(), "conversation": conversation, "from": "dismissed"}
    )
    assert back.url == "/queue/dismissed/"
    assert text_of(client.get(back.url)).count('name="said_at"') == 1


def test_an_earlier_wait_of_the_same_conversation_is_not_touched():
    shop = make_account()
    thread = make_conversation(
        shop, ("buyer", "2026-01-17 10:00"), ("buyer", "2026-01-19 18:00"),
        status_events=[{"at": at("2026-01-17 12:00").isoformat(), "status": "resolved"},
                       {"at": at("2026-01-19 18:00").isoformat(), "status": "open"}],
    )  # fmt: skip
    first, second = thread.turns.order_by("opened_at")
    manager_of(shop).post("/queue/no-reply/", {"only": second.pk, "reason": "thanks"})
    assert list(thread.turns.values_list("pk", flat=True)) == [first.pk]


def test_who_may_only_look_changes_nothing():
    shop = make_account()
    turn = waits(shop, "2026-01-18 10:00", "x").turns.get()
    viewer, stranger = client_of(shop), manager_of(make_account())
    assert "No reply needed, because" not in text_of(viewer.get("/queue/"))
    for client in (viewer, stranger):
        client.post("/queue/no-reply/", {"only": turn.pk, "reason": "thanks"})
        assert "Nobody waits there any more." in text_of(client.get("/queue/"))
    assert Correction.objects.count() == 0
    manager_of(shop).post("/queue/no-reply/", {"only": turn.pk, "reason": "thanks"})
    viewer.post("/queue/wait-again/", {"said_at": NOW.isoformat()})
    assert Correction.objects.get().state == "applied"
    assert 'name="said_at"' not in text_of(viewer.get("/queue/dismissed/"))


def test_what_was_answered_meanwhile_is_left_alone():
    shop = make_account()
    thread = waits(shop, "2026-01-18 10:00", "x")
    turn = thread.turns.get()
    make_message(thread, "agent", "2026-01-20 11:59")
    client = manager_of(shop)
    client.post("/queue/no-reply/", {"only": turn.pk, "reason": "thanks"})
    assert "Nobody waits there any more." in text_of(client.get("/queue/"))
    client.post("/queue/no-reply/", {"reason": "thanks"})
    assert "Tick the messages first." in text_of(client.get("/queue/"))


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("no-reply", {"only": "1", "reason": "because"}),
        ("no-reply", {"only": "x", "reason": "thanks"}),
        ("no-reply", {"only": "9" * 30, "reason": "thanks"}),
        ("wait-again", {"said_at": "yesterday"}),
        ("wait-again", {"said_at": "2026-13-40T10:00:00Z"}),
        ("wait-again", {"said_at": NOW.isoformat(), "conversation": "x"}),
    ],
)
def test_what_no_page_sends_is_not_found(path, sent):
    assert manager_of(make_account()).post(f"/queue/{path}/", sent).status_code == 404


# --- Return requests -------------------------------------------------------------------------------------------------


def test_return_requests_have_48_hours():
    shop, other = make_account(), make_account()
    make_return(shop, "2026-01-18 11:00", number="over")  # an hour too late
    make_return(shop, "2026-01-18 13:00", number="soon")
    make_return(shop, "2026-01-18 10:00", number="answered", responded_at=at("2026-01-19 10:00"))
    make_return(shop, "2026-01-18 10:00", number="gone", deleted_at=NOW)
    make_return(other, "2026-01-19 10:00", number="theirs")
    queue = ReturnQueue([shop], NOW)
    assert [(one.number, one.seconds_left) for one in queue.pressing(0, 10)] == [("over", -3600), ("soon", 3600)]
    assert (queue.count, queue.overdue) == (2, 1)
    page = text_of(client_of(shop, other).get(f"/queue/?list=returns&account={shop.key}"))
    assert "1 h 0 min late" in page
    assert "o-soon" in page
    assert "theirs" not in page
    assert "1 is hidden by the filter" in page
    assert "No return request waits" in text_of(client_of(make_account()).get("/queue/?list=returns"))


# --- The same over the API -------------------------------------------------------------------------------------------


def test_the_api_narrows_the_queue_as_the_page_does():
    shop = make_account("shop")
    waits(shop, "2026-01-20 10:00", "a", topic="refund", assignee_name="Kim")
    waits(shop, "2026-01-19 11:00", "b", topic="refund")
    waits(shop, "2026-01-20 11:00", "c", channel="live_chat")
    client = client_of(shop)

    def told(query):
        return [one["conversation"] for one in client.get(f"/api/v1/accounts/shop/queue?{query}").json()["results"]]

    assert told("topic=refund") == ["b", "a"]
    assert told("owner=Kim") == ["a"]
    assert told("owner=-&topic=refund") == ["b"]
    assert told("group=late") == ["b"]
    assert told("topic=-") == ["c"]
    file = client.get("/api/v1/accounts/shop/queue?topic=refund&format=csv").getvalue()
    assert file == client.get("/queue/queue.csv?account=shop&topic=refund").getvalue()
    assert client.get("/api/v1/accounts/shop/queue?group=soonish").status_code == 400


def test_the_api_and_the_spreadsheet_tell_return_requests():
    shop = make_account("shop", time_zone="Europe/Berlin")
    make_return(shop, "2026-01-18 13:00", number="r-1")
    client = client_of(shop)
    assert client.get("/api/v1/accounts/shop/return-requests").json()["results"] == [
        {
            "order": "o-r-1", "number": "r-1", "reason": "", "comment": "",
            "due_at": "2026-01-20T13:00:00Z", "seconds_left": 3600,
        }
    ]  # fmt: skip
    about, lines = sheets_of(client.get("/queue/queue.xlsx?list=returns"))
    assert lines[1] == ["Shop", "shop", "o-r-1", "r-1", "", "", datetime(2026, 1, 20, 14), 3600]  # on Berlin's clock
    assert ["Time zone", "Of each account"] in about
    assert ["Account", "Shop (shop)"] in about


def sheets_of(response):
    """The sheets of a spreadsheet as rows of values."""
    book = CalamineWorkbook.from_filelike(BytesIO(response.getvalue()))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


# --- Two people at once ----------------------------------------------------------------------------------------------


def while_another_writes(account, first, second):
    """What `second` returns that was asked for while another transaction of the account was about to do `first`."""
    asked, done, found = threading.Event(), threading.Event(), []

    def run():
        try:
            asked.wait()
            found.append(second())
        except Exception as error:
            found.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    with transaction.atomic():
        lock_for_writing(account.pk)
        asked.set()
        done.wait(0.5)  # long enough to come to the lock
        first()
    thread.join()
    close_old_connections()
    return found[0]


def say(account, *threads):
    turns = list(Turn.objects.filter(conversation__in=threads).values_list("pk", flat=True))
    return lambda: dismiss(account, turns, by=None, now=NOW, reason="Nobody asks anything here.")


@pytest.mark.django_db(transaction=True)
def test_what_another_person_has_just_said_stops_nothing_else_of_a_step():
    shop = make_account()
    one, two = (waits(shop, "2026-01-18 10:00", name) for name in ("one", "two"))
    assert while_another_writes(shop, say(shop, one), say(shop, one, two)) == 1
    assert Correction.objects.filter(state="applied").count() == 2
    assert not Turn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_another_person_has_just_taken_back_stops_nothing_else_of_a_step():
    shop = make_account()
    one, two = (waits(shop, "2026-01-18 10:00", name) for name in ("one", "two"))
    say(shop, one, two)()

    def take_back(conversation):
        return lambda: restore([shop], NOW, by=None, now=NOW, conversation=conversation)

    assert while_another_writes(shop, take_back(two.pk), take_back(None)) == 1
    assert Turn.objects.count() == 2
