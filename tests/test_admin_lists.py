"""The console's lists: rows are found, texts are masked, and nothing reads a whole table."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch

from intake.gate import ingest
from intake.models import BatchReceipt, Conflict, Correction, ImportRun, RawItem, RejectedRow
from kpis.models import AccountFailure, DayFailure, DayTotal, Heartbeat, RuleChange, WeekReport
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Conversation, Message, MessageBody, ResponseTarget, Turn
from orders.handling import HandlingTime
from orders.models import Claim, Order
from sellers.marks import Mark
from sellers.models import ApiToken, BusinessCalendar, Holiday, Note, SellerAccount, SwitchChange, User
from tests.console import WHY, batch, claim, fill, list_of, page_of, rows_found
from tests.makers import NOW, make_account, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db


def a_message_with_text() -> Message:
    message = make_conversation(make_account(), ("buyer", "2026-01-05 10:00")).messages.get()
    MessageBody.objects.create(message=message, text="My name is <b>Jane Roe</b>", chars=26)
    return message


def test_lists_show_how_long_a_text_is_and_not_what_it_says(console):
    a_message_with_text()
    page = console.get(list_of(Message)).content.decode()
    assert "••• 26 characters" in page
    assert "Jane" not in page


def test_the_text_is_shown_to_those_who_may_read_it(console, client):
    message = a_message_with_text()
    assert "My name is &lt;b&gt;Jane Roe" in console.get(page_of(message)).content.decode()
    carol = make_user("carol", is_staff=True)
    carol.user_permissions.set(Permission.objects.filter(codename__in=["view_message", "change_message"]))
    client.force_login(carol)
    page = client.get(page_of(message)).content.decode()
    assert "Jane" not in page
    assert "••• 26 characters" in page
    carol.user_permissions.add(Permission.objects.get(codename="view_messagebody"))
    assert "Jane Roe" in client.get(page_of(message)).content.decode()


def test_whoever_may_only_look_is_not_asked_for_a_reason_and_cannot_save(client):
    order = make_order(make_account(), "2026-01-05 10:00")
    carol = make_user("carol", is_staff=True)
    carol.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(carol)
    page = client.get(page_of(order)).content.decode()
    assert 'name="reason"' not in page
    assert client.post(page_of(order), {"reason": WHY, "name": "x"}).status_code == 403


def test_an_external_id_finds_its_row_exactly_or_by_its_beginning(console):
    account = make_account()
    long, short = (make_order(account, "2026-01-05 10:00", external_id=key) for key in ("114-77", "114-7"))
    assert rows_found(console, Order, "?q=114-77") == {long}
    assert rows_found(console, Order, "?q=114-7") == {short}
    assert rows_found(console, Order, "?q=114-") == {long, short}
    assert rows_found(console, Order, "?q=14-7") == set()


def test_an_id_that_several_systems_and_accounts_use_finds_all_its_rows(console):
    rows = set()
    for account in (make_account(), make_account()):
        for system in ("amazon", "shopify", "x-shop"):
            order = {"account": account, "system": system, "placed_at": NOW, "status": "pending"}
            rows.add(Order.objects.create(**order, external_id="7"))
            Order.objects.create(**order, external_id="8")
    assert rows_found(console, Order, "?q=7") == rows
    account = next(iter(rows)).account
    mine = {row for row in rows if row.account_id == account.pk}
    assert rows_found(console, Order, f"?q=7&account__id__exact={account.pk}") == mine


def test_messages_are_found_by_their_conversation_and_claims_by_their_order(console):
    account = make_account()
    conversation = make_conversation(
        account, ("buyer", "2026-01-05 10:00"), external_id="thread-9", order_external_ids=["o-1"]
    )
    make_conversation(account, ("buyer", "2026-01-05 10:00"))
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    assert rows_found(console, Message, "?q=thread-9") == {conversation.messages.get()}
    assert rows_found(console, Turn, "?q=thread-9") == {conversation.turns.get()}
    assert rows_found(console, Claim, "?q=o-1") == {Claim.objects.get()}
    assert rows_found(console, Conversation, "?q=o-1") == {conversation}


def test_lists_are_filtered_by_account_and_day(console):
    mine, other = make_account(), make_account()
    monday, tuesday, foreign = (
        make_order(account, placed)
        for account, placed in ((mine, "2026-01-05 10:00"), (mine, "2026-01-06 10:00"), (other, "2026-01-05 10:00"))
    )
    day = "day__year=2026&day__month=1&day__day=5"
    assert rows_found(console, Order, f"?account__id__exact={mine.pk}") == {monday, tuesday}
    assert rows_found(console, Order, f"?{day}") == {monday, foreign}
    assert rows_found(console, Order, f"?account__id__exact={mine.pk}&{day}") == {monday}
    assert rows_found(console, Order, f"?account__id__exact=&{day}&status=unshipped") == {monday, foreign}


def test_days_are_offered_by_the_calendar(console):
    page = console.get(list_of(Order, "?day__year=2024&day__month=2"))
    steps = page.context["cl"].day_steps()
    assert [choice["title"] for choice in steps["choices"]] == [str(day) for day in range(1, 30)]
    assert steps["back"]["link"] == "?day__year=2024"
    assert len(console.get(list_of(Order, "?day__year=2024")).context["cl"].day_steps()["choices"]) == 12
    for nonsense in ("?day__year=x", "?day__year=2024&day__month=13", "?day__year=0", "?account__id__exact=x"):
        assert console.get(list_of(Order, nonsense), follow=True).status_code == 200


def test_no_list_counts_beyond_its_bound(console, monkeypatch):
    monkeypatch.setattr("sellers.repair.BoundedPaginator.LIMIT", 3)
    account = make_account()
    for _number in range(5):
        make_order(account, "2026-01-05 10:00")
    with CaptureQueriesContext(connection) as queries:
        response = console.get(list_of(Order))
    assert response.context["cl"].result_count == 3
    assert "There are more than 3 rows." in response.content.decode()
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "orders_order" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 4" in counts[0]


def test_links_lead_from_an_order_to_everything_said_about_it(console):
    account = make_account()
    order = make_order(account, "2026-01-05 10:00", external_id="o-1")
    ingest(account, batch([claim("o-1"), claim("o-2", external_id="k2")]), owner="test", now=NOW)
    page = console.get(page_of(order)).content.decode()
    address = list_of(Claim, f"?account__id__exact={account.pk}&amp;order_external_id=o-1")
    assert address in page
    assert rows_found(console, Claim, f"?account__id__exact={account.pk}&order_external_id=o-1") == {
        Claim.objects.get(external_id="k")
    }
    assert page_of(order) in console.get(page_of(Claim.objects.get(external_id="k"))).content.decode()


# --- How much a page reads -----------------------------------------------------------------------------------------


def grow(account: SellerAccount, number: int) -> None:
    """`number` more rows in every table of the console."""
    fill(account, number)
    sweep(NOW)
    close_weeks(NOW, [account])
    for index in range(number):
        user = make_user(f"user-{number}-{index}", account, is_staff=True)
        ApiToken.objects.create(user=user, name=f"token {index}", scopes=["read"])[0].accounts.add(account)
        Authenticator.objects.create(user=user, type="totp", data={})
        Group.objects.create(name=f"group {number} {index}").user_set.add(user)
        make_account()
        grow_deliveries(account, user, f"{number} {index}")
        day = date(2030, 1, 1) + timedelta(days=number + index)
        grow_figures(account, day)
        BusinessCalendar.objects.create(account=account, valid_from=day)
        Holiday.objects.create(account=account, day=day)
        Note.objects.create(account=account, title="New templates", starts_on=day, author=user)
        SwitchChange.objects.create(account=account, name="atoz_rule", value="all", valid_from=day)


def grow_deliveries(account: SellerAccount, user: User, name: str) -> None:
    item = RawItem.objects.create(account=account, kind="file", name=name, received_at=NOW)
    ImportRun.objects.create(account=account, raw_item=item, name=name, created_at=NOW, created_by=user)
    receipt = {"owner": "x", "batch_id": name, "body_sha256": "", "started_at": NOW}
    BatchReceipt.objects.create(account=account, raw_item=item, **receipt)
    row = {"pointer": "line 1", "row_text": "{}", "code": "bad_enum", "created_at": NOW}
    RejectedRow.objects.create(account=account, raw_item=item, **row)
    about = {"account": account, "record_type": "order", "system": "test", "external_id": name, "row_id": item.pk}
    Correction.objects.create(**about, kind="exclude", reason=WHY, proposed_at=NOW, proposed_by=user)
    Conflict.objects.create(**about, field="name", opened_at=NOW)


def grow_figures(account: SellerAccount, day: date) -> None:
    where = {"account": account, "fact": "orders", "day": day}
    Mark.objects.create(**where)
    DayTotal.objects.create(**where, sums=[], recipe="old", counted_at=NOW)
    DayFailure.objects.create(**where, failed_at=NOW)
    AccountFailure.objects.create(account=account, work=str(day), failed_at=NOW)
    WeekReport.objects.create(account=account, ends_on=day, reason="closed", published_at=NOW)
    Heartbeat.objects.create(name=f"worker {day}", beat_at=NOW)
    ResponseTarget.objects.create(account=account, valid_from=day, seconds=3600)
    HandlingTime.objects.create(account=account, valid_from=day, days=1)
    RuleChange.objects.create(account=account, metric="late_response_rate", valid_from=day, days=7)


def queries_of(console: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = console.get(address)
    assert response.status_code == 200, address
    return len(queries)


def addresses(model: Any, model_admin: Any) -> dict[str, str]:
    """The list as a whole, searched, of one account and of one of its days; and the page of one row."""
    found = {"list": list_of(model)}
    row = model._default_manager.order_by("pk").first()
    if "account" in {column.name for column in model._meta.fields}:
        found["account"] = list_of(model, f"?account__id__exact={row.account_id}")
        if model_admin.date_hierarchy == "day":
            day = "day__year=2026&day__month=1&day__day=5"
            found["account and day"] = list_of(model, f"?account__id__exact={row.account_id}&{day}")
            found["day"] = list_of(model, f"?{day}")
    if model_admin.search_fields or getattr(model_admin, "found_by", ()):
        # For something that is there, however many rows other tests have named before.
        found["search"] = list_of(model, f"?q={getattr(row, 'external_id', '') or 'o-1'}")
    with suppress(NoReverseMatch):  # what lets somebody in has no page of its own
        found["page"] = page_of(row)
    return found


def test_every_list_and_page_takes_the_same_queries_for_5_rows_and_for_50(console, time_machine):
    time_machine.move_to(datetime.now(UTC), tick=False)  # once a minute, a click writes the session
    account = make_account()
    counted: list[dict[str, int]] = []
    for number in (5, 50):
        grow(account, number)
        counted.append({})
        for model, model_admin in admin.site._registry.items():
            assert model._default_manager.count() >= number, model
            for name, address in addresses(model, model_admin).items():
                if number == 5:
                    console.get(address)  # content types and the like are remembered from the first look on
                counted[-1][f"{model.__name__} {name}"] = queries_of(console, address)
    small, large = counted
    assert len(large) > 100
    assert {name: (small[name], large[name]) for name in small if small[name] != large[name]} == {}
    assert {name: count for name, count in large.items() if count > 15} == {}
