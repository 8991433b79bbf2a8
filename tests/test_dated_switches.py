"""Dated switches: which value holds on which day, what a row is judged by, and what the command writes."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from messaging.recompute import recompute_account as recompute_messages
from orders.models import Claim, ClaimStatus, Order
from orders.recompute import recompute_orders
from sellers.audit import entries_of
from sellers.dated_switches import Switches
from sellers.models import SwitchChange
from sellers.switches import follow_dated, switches_of
from tests.makers import NOW, at, make_account, make_conversation, make_order

MOMENT = "2026-01-20T12:00:00Z"
COLUMNS = {"atoz_rule": "today", "bots_count": False, "pop_counts_messages": True}
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("own", "shared", "values"),
    [
        ([], [], ["today", "today", "today"]),
        ([(FEB, "all")], [], ["today", "all", "all"]),
        ([(JAN, "all"), (MAR, "today")], [], ["all", "all", "today"]),
        ([], [(FEB, "all")], ["today", "all", "all"]),
        ([(FEB, "today")], [(JAN, "all"), (MAR, "all")], ["all", "today", "today"]),
    ],
)
def test_the_accounts_own_row_goes_before_that_of_all_and_both_before_its_column(own, shared, values):
    switches = Switches(COLUMNS, {"atoz_rule": own}, {"atoz_rule": shared})
    assert [switches.on("atoz_rule", day) for day in (JAN, FEB, MAR)] == values
    assert switches.on("bots_count", MAR) is False


@pytest.mark.django_db
def test_the_switches_of_an_account_are_read_at_once(django_assert_num_queries):
    account, other = make_account(bots_count=True), make_account()
    SwitchChange.objects.create(account=account, name="atoz_rule", value="all", valid_from=FEB)
    SwitchChange.objects.create(account=other, name="atoz_rule", value="all", valid_from=JAN)
    SwitchChange.objects.create(name="bots_count", value=False, valid_from=MAR)
    with django_assert_num_queries(1):
        switches = switches_of(account)
    assert [switches.on("atoz_rule", day) for day in (JAN, FEB)] == ["today", "all"]
    assert [switches.on("bots_count", day) for day in (FEB, MAR)] == [True, False]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [("atoz_rule", "some"), ("atoz_rule", True), ("bots_count", "yes"), ("bots_count", 1), ("week_start", 1)],
)
def test_a_dated_switch_takes_only_what_the_accounts_column_takes(name, value):
    with pytest.raises(ValidationError):
        SwitchChange(account=make_account(), name=name, value=value, valid_from=JAN).full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("own", [True, False])
def test_a_switch_has_one_value_from_a_day_on(own):
    account = make_account() if own else None
    SwitchChange.objects.create(account=account, name="atoz_rule", value="all", valid_from=JAN)
    with pytest.raises(IntegrityError), transaction.atomic():
        SwitchChange.objects.create(account=account, name="atoz_rule", value="today", valid_from=JAN)


def claimed_order(account, placed: str) -> Order:
    """An order whose claim was denied: a defect only where every claim counts."""
    order = make_order(account, placed)
    Claim.objects.create(
        account=account, system="test", external_id=order.external_id, order_external_id=order.external_id,
        status=ClaimStatus.DENIED, opened_at=at("2026-01-12 10:00"),
    )  # fmt: skip
    recompute_orders(account, [order.external_id], NOW)
    return order


def defective(*orders: Order) -> list[bool]:
    return [Order.objects.get(pk=order.pk).defective for order in orders]


@pytest.mark.django_db
def test_orders_are_judged_by_the_rule_of_the_day_they_were_placed():
    account = make_account("acme")
    orders = [claimed_order(account, f"2026-01-{day} 10:00") for day in ("05", "06", "07")]
    call_command("account", "acme", "--set", "atoz_rule=all@2026-01-06", "--now", MOMENT)
    assert defective(*orders) == [False, True, True]
    call_command("account", "acme", "--set", "atoz_rule=today@2026-01-07", "--now", MOMENT)
    assert defective(*orders) == [False, True, False]


@pytest.mark.django_db
def test_a_value_without_a_day_holds_from_the_beginning_up_to_the_first_dated_one(capsys):
    account = make_account("acme")
    orders = [claimed_order(account, f"2026-01-{day} 10:00") for day in ("05", "06")]
    call_command("account", "acme", "--set", "atoz_rule=today@2026-01-06", "--now", MOMENT)
    call_command("account", "acme", "--set", "atoz_rule=all", "--now", MOMENT)
    assert defective(*orders) == [True, False]
    assert "from 2026-01-06 on the dated values hold" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_switch_of_all_accounts_judges_each_of_them():
    first, second = make_account(), make_account()
    orders = [claimed_order(account, "2026-01-06 10:00") for account in (first, second)]
    SwitchChange.objects.create(name="atoz_rule", value="all", valid_from=date(2026, 1, 6))
    SwitchChange.objects.create(account=second, name="atoz_rule", value="today", valid_from=date(2026, 1, 1))
    with transaction.atomic():
        follow_dated(None, {"atoz_rule"}, NOW)
    assert defective(*orders) == [True, False]


@pytest.mark.django_db
def test_another_zone_moves_an_order_to_a_day_with_another_rule():
    account = make_account("acme", time_zone="UTC")
    order = claimed_order(account, "2026-01-06 02:00")  # the 5th in Los Angeles
    call_command("account", "acme", "--set", "atoz_rule=all@2026-01-06", "--now", MOMENT)
    assert defective(order) == [True]
    call_command("account", "acme", "--zone", "America/Los_Angeles", "--now", MOMENT)
    assert defective(order) == [False]


@pytest.mark.django_db
def test_bots_end_the_turns_that_opened_since_they_count():
    account = make_account("acme")
    early = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("bot", "2026-01-05 10:01"))
    later = make_conversation(account, ("buyer", "2026-01-06 10:00"), ("bot", "2026-01-06 10:01"))
    call_command("account", "acme", "--set", "bots_count=yes@2026-01-06", "--now", MOMENT)
    assert (early.turns.get().reply_seconds, later.turns.get().reply_seconds) == (None, 60)
    with transaction.atomic():
        recompute_messages(account, NOW)
    assert (early.turns.get().reply_seconds, later.turns.get().reply_seconds) == (None, 60)


@pytest.mark.django_db
def test_the_command_says_what_it_changed_and_keeps_it(capsys):
    make_account("acme")
    call_command("account", "acme", "--set", "bots_count=yes@2026-03-01", "--now", MOMENT)
    assert capsys.readouterr().out == "acme changed: bots_count@2026-03-01.\n"
    row = SwitchChange.objects.get()
    assert (row.account.key, row.name, row.value, row.valid_from) == ("acme", "bots_count", True, MAR)
    assert entries_of(row)[0].additional_data["reason"] == "manage.py account"
    call_command("account", "acme", "--set", "bots_count=yes@2026-03-01", "--now", MOMENT)
    assert capsys.readouterr().out == "acme is as it was.\n"
    call_command("account", "acme", "--set", "bots_count=no@2026-03-01", "--now", MOMENT)
    row.refresh_from_db()
    assert row.value is False


@pytest.mark.django_db
def test_a_new_account_may_begin_with_a_dated_switch():
    words = ["new", "--platform", "other", "--zone", "UTC", "--set", "atoz_rule=all@2026-03-01"]
    call_command("account", *words)
    assert SwitchChange.objects.get().account.key == "new"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("atoz_rule=all@soon", "“soon” is not a day"),
        ("atoz_rule=all@", "“” is not a day"),
        ("atoz_rule=some@2026-03-01", "value: some is no value of this switch"),
        ("bots_count=maybe@2026-03-01", "bots_count is yes or no"),
        ("week_start=sunday@2026-03-01", "week_start is a whole number"),
    ],
)
def test_the_command_refuses_a_dated_switch_in_a_sentence_and_changes_nothing(pair, sentence):
    account = make_account("acme")
    with pytest.raises(CommandError, match=sentence):
        call_command("account", "acme", "--name", "Other", "--set", pair)
    account.refresh_from_db()
    assert account.name == "Acme"
    assert not SwitchChange.objects.exists()


@pytest.mark.django_db
def test_an_address_with_an_at_sign_is_no_date():
    account = make_account("acme")
    call_command("account", "acme", "--set", "platform_account_id=shop@example")
    account.refresh_from_db()
    assert account.platform_account_id == "shop@example"
