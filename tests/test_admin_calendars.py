"""Calendars, holidays and dated switches in the console: checked, with a reason, audited, and followed at once."""

from datetime import date

import pytest
from auditlog.models import LogEntry
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.urls import reverse

from orders.models import Claim, ClaimStatus, Order
from orders.recompute import recompute_orders
from sellers.audit import entries_of
from sellers.marks import Mark
from sellers.models import BusinessCalendar, Holiday, SwitchChange
from sellers.switches import switched
from tests.console import WHY, fill_in, list_of, marked_days, page_of, said, shown
from tests.makers import NOW, at, make_account, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db

CALENDAR_ADD = "admin:sellers_businesscalendar_add"
HOLIDAY_ADD = "admin:sellers_holiday_add"
SWITCH_ADD = "admin:sellers_switchchange_add"
CHRISTMAS = date(2026, 12, 25)


@pytest.fixture
def heard():
    """What listeners are told while the test runs: (account, names), in order."""
    told = []

    def listen(account, names, **signal):
        told.append((account, names - {"reason"}))

    switched.connect(listen)
    yield told
    switched.disconnect(listen)


def errors(response) -> str:
    return str(response.context["adminform"].form.errors)


# --- Calendars -------------------------------------------------------------------------------------------------------


def test_a_calendar_is_written_down_by_weekday(console, heard):
    account = make_account()
    fill_in(
        console, reverse(CALENDAR_ADD), account=account.pk, valid_from="2026-01-01", time_zone="Europe/London",
        monday="09:00 - 12:30, 13:30–18:00", sunday="22:00-06:00", reason=WHY,
    )  # fmt: skip
    calendar = BusinessCalendar.objects.get()
    assert calendar.windows == {"0": [["09:00", "12:30"], ["13:30", "18:00"]], "6": [["22:00", "06:00"]]}
    assert (calendar.account, calendar.time_zone) == (account, "Europe/London")
    assert heard == [(account, {"calendars"})]
    assert entries_of(calendar)[0].additional_data == {"actor": "ada", "reason": WHY}
    page = console.get(list_of(BusinessCalendar)).content.decode()
    assert "Mon 09:00-12:30, 13:30-18:00; Sun 22:00-06:00" in page


def test_a_calendar_is_shown_as_it_was_written_and_changed_there(console, heard):
    account = make_account()
    calendar = BusinessCalendar.objects.create(
        account=account, valid_from=date(2026, 1, 1), windows={"0": [["09:00", "18:00"]]}
    )
    assert shown(console, page_of(calendar))["monday"] == "09:00-18:00"
    fill_in(console, page_of(calendar), reason=WHY)
    assert heard == []  # nothing changed
    fill_in(console, page_of(calendar), monday="", tuesday="10:00-24:00", reason=WHY)
    calendar.refresh_from_db()
    assert calendar.windows == {"1": [["10:00", "24:00"]]}
    assert heard == [(account, {"calendars"})]
    assert set(entries_of(calendar)[0].changes) == {"windows"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"monday": "9-18"}, "“9” is not a clock time"),
        ({"monday": "09:00"}, "pairs of clock times"),
        ({"monday": "09:00-09:00"}, "no time at all"),
        ({"monday": "24:00-06:00"}, "Nothing opens at 24:00"),
        ({"time_zone": "+09:00"}, "not an IANA time zone"),
        ({"valid_from": "soon"}, "valid date"),
        ({"valid_from": "0001-01-01"}, "greater than or equal to 2000-01-01"),
        ({"reason": "because"}, "at least 10 characters"),
    ],
)
def test_a_calendar_that_is_not_understood_is_refused_in_a_sentence(console, heard, values, sentence):
    response = fill_in(console, reverse(CALENDAR_ADD), **{"valid_from": "2026-01-01", "reason": WHY, **values})
    assert sentence in errors(response)
    assert not BusinessCalendar.objects.exists()
    assert heard == []


def test_two_calendars_never_begin_on_the_same_day(console):
    account = make_account()
    for owner in (account, None):
        first = BusinessCalendar.objects.create(account=owner, valid_from=date(2026, 1, 1))
        second = BusinessCalendar.objects.create(account=owner, valid_from=date(2026, 2, 1))
        assert "already" in errors(fill_in(console, page_of(second), valid_from=first.valid_from, reason=WHY))


# --- Holidays --------------------------------------------------------------------------------------------------------


def test_many_holidays_are_added_at_once_and_followed_once(console, heard):
    account, other = make_account(), make_account()
    Holiday.objects.create(account=account, day=CHRISTMAS, name="Christmas Day")
    lines = "2026-12-25 Christmas\n\n2026-12-26, Boxing Day\n2027-01-01\n"
    response = fill_in(console, reverse(HOLIDAY_ADD), account=account.pk, days=lines, reason=WHY)
    assert list(Holiday.objects.order_by("day").values_list("account", "day", "name")) == [
        (account.pk, CHRISTMAS, "Christmas Day"),
        (account.pk, date(2026, 12, 26), "Boxing Day"),
        (account.pk, date(2027, 1, 1), ""),
    ]
    assert heard == [(account, {"holidays"})]
    assert "2 days were added. Stored already: 1." in said(response)
    for holiday in Holiday.objects.exclude(day=CHRISTMAS):
        assert entries_of(holiday)[0].additional_data["reason"] == WHY
    fill_in(console, reverse(HOLIDAY_ADD), days=lines, reason=WHY)  # of all accounts: another list
    assert heard[1:] == [(account, {"holidays"}), (other, {"holidays"})]
    assert Holiday.objects.filter(account=None).count() == 3


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("2026-12-25\n25.12.2026 Christmas", "Line 2: “25.12.2026 Christmas” does not begin with a day"),
        ("2026-02-30", "Line 1: “2026-02-30” does not begin with a day"),
        ("2026-12-25Christmas", "does not begin with a day"),
        ("2026-12-25\n2026-12-25", "Line 2 names 2026-12-25 again"),
        ("2026-12-25 " + "x" * 81, "at most 80 characters"),
        ("2026-12-24", "All these days are stored already"),
        ("2026-12-25\n" * 401, "At most 400 lines"),
    ],
)
def test_a_list_of_holidays_is_taken_whole_or_not_at_all(console, heard, lines, sentence):
    Holiday.objects.create(day=date(2026, 12, 24))
    assert sentence in errors(fill_in(console, reverse(HOLIDAY_ADD), days=lines, reason=WHY))
    assert Holiday.objects.count() == 1
    assert heard == []


def test_a_holiday_is_corrected_on_its_page_and_never_doubled(console, heard):
    account = make_account()
    wrong = Holiday.objects.create(account=account, day=date(2026, 12, 24), name="Christmas")
    fill_in(console, page_of(wrong), day="2026-12-25", reason=WHY)
    wrong.refresh_from_db()
    assert wrong.day == CHRISTMAS
    assert heard == [(account, {"holidays"})]
    second = Holiday.objects.create(account=account, day=date(2026, 12, 26))
    assert "already exists" in errors(fill_in(console, page_of(second), day="2026-12-25", reason=WHY))


def test_a_holiday_is_removed_with_a_reason_and_leaves_an_entry(console, heard):
    account = make_account()
    holiday = Holiday.objects.create(account=account, day=CHRISTMAS)
    address = reverse("admin:sellers_holiday_delete", args=[holiday.pk])
    assert "What these rows said no longer holds" in console.get(address).content.decode()
    console.post(address, {"reason": "short"})
    assert Holiday.objects.exists()
    console.post(address, {"reason": WHY})
    assert not Holiday.objects.exists()
    assert heard == [(account, {"holidays"})]
    entry = LogEntry.objects.get(object_repr=str(holiday), action=LogEntry.Action.DELETE)
    assert entry.additional_data["reason"] == WHY


def test_several_holidays_are_removed_together_and_each_account_is_followed_once(console, heard):
    first, second = make_account(), make_account()
    days = [(first, 24), (first, 25), (second, 25)]
    chosen = [Holiday.objects.create(account=account, day=date(2026, 12, day)).pk for account, day in days]
    asked = console.post(list_of(Holiday), {"action": "remove", "index": 0, ACTION_CHECKBOX_NAME: chosen})
    assert len(asked.context["rows"]) == 3
    assert Holiday.objects.count() == 3
    again = dict(asked.context["hidden"]) | {ACTION_CHECKBOX_NAME: chosen, "reason": WHY}
    assert "3 rows were removed" in said(console.post(list_of(Holiday), again, follow=True))
    assert not Holiday.objects.exists()
    assert heard == [(first, {"holidays"}), (second, {"holidays"})]


def test_a_calendar_and_a_holiday_change_the_business_time_of_stored_turns_and_mark_their_day(console):
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-06 10:00"))
    assert conversation.turns.get().business_seconds is None
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-18:00")
    fill_in(console, reverse(CALENDAR_ADD), valid_from="2026-01-01", reason=WHY, **days)
    assert conversation.turns.get().business_seconds == 10 * 3600  # Monday 10-18, Tuesday 08-10
    Mark.objects.all().delete()
    fill_in(console, reverse(HOLIDAY_ADD), account=account.pk, days="2026-01-06 Epiphany", reason=WHY)
    turn = conversation.turns.get()
    assert (turn.business_seconds, turn.reply_seconds) == (8 * 3600, 24 * 3600)
    assert marked_days("turns") == {date(2026, 1, 5)}
    console.post(reverse("admin:sellers_holiday_delete", args=[Holiday.objects.get().pk]), {"reason": WHY})
    assert conversation.turns.get().business_seconds == 10 * 3600


# --- Dated switches --------------------------------------------------------------------------------------------------


def test_a_rule_that_holds_from_a_day_on_judges_orders_of_that_day_on(console):
    account = make_account()
    orders = [make_order(account, f"2026-01-{day} 10:00") for day in ("05", "06")]
    for order in orders:
        Claim.objects.create(
            account=account, system="test", external_id=order.external_id, order_external_id=order.external_id,
            status=ClaimStatus.DENIED, opened_at=at("2026-01-08 10:00"),
        )  # fmt: skip
    recompute_orders(account, [order.external_id for order in orders], NOW)
    fill_in(
        console, reverse(SWITCH_ADD), account=account.pk, choice='["atoz_rule", "all"]', valid_from="2026-01-06",
        reason=WHY,
    )  # fmt: skip
    assert list(Order.objects.order_by("day").values_list("defective", flat=True)) == [False, True]
    change = SwitchChange.objects.get()
    assert (change.name, change.value) == ("atoz_rule", "all")
    assert entries_of(change)[0].additional_data == {"actor": "ada", "reason": WHY}
    fill_in(console, page_of(change), valid_from="2026-01-05", reason=WHY)
    assert list(Order.objects.order_by("day").values_list("defective", flat=True)) == [True, True]
    console.post(reverse("admin:sellers_switchchange_delete", args=[change.pk]), {"reason": WHY})
    assert list(Order.objects.order_by("day").values_list("defective", flat=True)) == [False, False]


def test_a_switch_of_all_accounts_is_told_for_each(console, heard):
    accounts = [make_account(), make_account()]
    values = {"choice": '["bots_count", true]', "valid_from": "2026-01-06", "reason": WHY}
    fill_in(console, reverse(SWITCH_ADD), **values)
    assert heard == [(account, {"bots_count"}) for account in accounts]
    assert SwitchChange.objects.get().value is True
    assert "already" in errors(fill_in(console, reverse(SWITCH_ADD), **values))
    assert (
        "choice"
        in fill_in(console, reverse(SWITCH_ADD), **{**values, "choice": '["week_start", 1]'})
        .context["adminform"]
        .form.errors
    )


def test_a_switch_is_offered_with_its_name_and_none_is_chosen_beforehand(console):
    page = console.get(reverse(SWITCH_ADD)).content.decode()
    assert "Bot replies count: yes" in page
    assert "choice" in errors(fill_in(console, reverse(SWITCH_ADD), valid_from="2026-01-06", reason=WHY))
    assert not SwitchChange.objects.exists()


def test_a_switch_keeps_its_name_when_its_value_changes(console):
    change = SwitchChange.objects.create(name="bots_count", value=True, valid_from=date(2026, 1, 6))
    assert shown(console, page_of(change))["choice"] == '["bots_count", true]'
    assert "choice" in errors(fill_in(console, page_of(change), choice='["atoz_rule", "all"]', reason=WHY))
    fill_in(console, page_of(change), choice='["bots_count", false]', reason=WHY)
    change.refresh_from_db()
    assert (change.name, change.value) == ("bots_count", False)


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def stored():
    account = make_account()
    return [
        BusinessCalendar.objects.create(
            account=account, valid_from=date(2026, 1, 1), windows={"0": [["09:00", "18:00"]]}
        ),
        Holiday.objects.create(account=account, day=CHRISTMAS),
        SwitchChange.objects.create(account=account, name="atoz_rule", value="all", valid_from=date(2026, 1, 1)),
    ]


def test_members_who_are_not_staff_and_staff_without_rights_do_not_get_in(client, stored):
    for person, status in [(make_user("mei", stored[0].account, role="manager"), 302), (make_user(is_staff=True), 403)]:
        client.force_login(person)
        for row in stored:
            name = f"admin:sellers_{row._meta.model_name}"
            pages = [list_of(type(row)), page_of(row), reverse(f"{name}_add"), reverse(f"{name}_delete", args=[row.pk])]
            for page in pages:
                assert client.get(page).status_code == status, page
                assert client.post(page, {"reason": WHY}).status_code == status, page
            assert type(row).objects.filter(pk=row.pk).exists()


def test_whoever_may_only_look_sees_words_and_changes_nothing(client, stored):
    carol = make_user("carol", is_staff=True)
    carol.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(carol)
    for row, words in zip(stored, ["Mon 09:00-18:00", "Dec. 25, 2026", "Every claim counts"], strict=True):
        page = client.get(page_of(row)).content.decode()
        assert words in page
        assert 'name="reason"' not in page
        assert client.post(page_of(row), {"reason": WHY}).status_code == 403
        chosen = {"action": "remove", "index": 0, ACTION_CHECKBOX_NAME: [row.pk], "reason": WHY}
        client.post(list_of(type(row)), chosen)
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_row_never_moves_to_another_account(console, stored):
    other = make_account()
    for row in stored:
        fill_in(console, page_of(row), account=other.pk, reason=WHY)
        row.refresh_from_db()
        assert row.account != other
