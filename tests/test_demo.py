"""The sample data: the same for the same day, clean by the contract, with every planted incident where docs say."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intake.demo import BY_KEY, INCIDENTS, PROFILES, data_end, generate
from intake.fields import Cleaning
from intake.statements import read_statement

TODAY = date(2026, 11, 25)  # a Wednesday; this week's Monday is 23 November
DIGEST = "5246249742fdc2c377aaa2abe198a2a044011ef46d4f4ce9bcee8686c7045246"
PROMISES = {"ship_by_at", "deliver_by_at", "evidence_due_at"}  # the only moments that may lie ahead

# No test here opens a database, and the whole history is told once, by one worker of a parallel run.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("demo")]

Record = dict[str, Any]
Told = dict[str, dict[str, list[Record]]]  # by account and type


@pytest.fixture(scope="module")
def told() -> Told:
    """Everything, in full, once: about eight seconds."""
    records: Told = defaultdict(lambda: defaultdict(list))
    for record in generate(today=TODAY):
        records[record["account"]][record["type"]].append(record)
    return records


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def local(record: Record, name: str) -> datetime:
    return moment(record[name]).astimezone(ZoneInfo(BY_KEY[record["account"]].zone))


def between(records: Iterable[Record], name: str, first: date, last: date) -> list[Record]:
    """The records whose moment of this name falls on the local days from first to last."""
    return [record for record in records if name in record and first <= local(record, name).date() <= last]


def spoken_by_people(messages: Iterable[Record]) -> list[Record]:
    return [one for one in messages if one["author_kind"] == "agent" and one["direction"] == "outbound"]


def lines(**options: Any) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in generate(today=TODAY, **options))


def test_the_same_day_tells_the_same_bytes() -> None:
    first = lines(scale=0.02)

    assert first == lines(scale=0.02)
    assert hashlib.sha256(first.encode()).hexdigest() == DIGEST


def test_another_day_tells_another_history() -> None:
    assert lines(scale=0.02, accounts=["demo-au"]) != "\n".join(
        json.dumps(record, ensure_ascii=False)
        for record in generate(today=TODAY + timedelta(days=7), scale=0.02, accounts=["demo-au"])
    )


def test_an_account_is_told_alike_alone_and_among_the_others(told: Told) -> None:
    alone = list(generate(today=TODAY, accounts=["demo-au"]))

    assert sorted(map(str, alone)) == sorted(str(record) for records in told["demo-au"].values() for record in records)


def test_it_is_as_large_as_the_docs_say(told: Told) -> None:
    counts: Counter[str] = Counter()
    for account in told.values():
        counts.update({kind: len(records) for kind, records in account.items()})

    assert dict(counts) == {
        "conversation": 36_618,
        "message": 97_679,
        "survey_answer": 23_903,
        "order": 46_997,
        "return": 1_228,
        "feedback": 5_092,
        "claim": 67,
        "chargeback": 72,
        "policy_violation": 9,
        "platform_metric": 1_905,
    }


def test_names_zones_weeks_and_switches_differ() -> None:
    assert len(PROFILES) == 12
    assert Counter(profile.platform for profile in PROFILES) == {"amazon": 8, "shopify": 2, "other": 2}
    assert {profile.marketplace for profile in PROFILES} >= {"US", "DE", "JP", "UK", "CA", "AU", "FR"}
    assert {profile.key for profile in PROFILES if profile.week_start == 6} == {"demo-us-2", "demo-shop"}
    assert BY_KEY["demo-jp"].score_window_days == 31
    assert BY_KEY["demo-de"].atoz_rule == "all"


def test_nothing_has_happened_after_the_data_ends(told: Told) -> None:
    end = data_end(TODAY)
    for account in told.values():
        for records in account.values():
            for record in records:
                stated = {name: value for name, value in record.items() if name.endswith("_at")}
                assert max(moment(value) for name, value in stated.items() if name not in PROMISES) <= end
                assert moment(record["source_updated_at"]) <= end


def test_the_last_day_is_partly_open(told: Told) -> None:
    """Orders wait to be shipped, and buyers wait whose 24 hours are not over."""
    end = data_end(TODAY)
    waiting = 0
    for account in told.values():
        last: dict[str, Record] = {}
        for message in account["message"]:
            if message["direction"] != "internal":
                last[message["conversation_external_id"]] = message
        waiting += sum(
            one["author_kind"] == "buyer"
            and one.get("needs_reply", True)
            and end - moment(one["sent_at"]) < timedelta(1)
            for one in last.values()
        )
        assert any(order["status"] == "unshipped" for order in account["order"])
    assert waiting >= 30


def test_every_record_is_accepted_by_the_contract_without_a_warning() -> None:
    cleaning = Cleaning(data_end(TODAY))
    for record in generate(today=TODAY, scale=0.05):
        statement = read_statement(record, cleaning=cleaning.fresh(), defaults={})

        assert statement.warnings == []
        assert statement.account_key == record["account"]


def test_ids_are_unique_within_account_and_type(told: Told) -> None:
    for account in told.values():
        for records in account.values():
            assert len({record["external_id"] for record in records}) == len(records)


def test_every_incident_is_dated_in_whole_weeks_before_this_monday() -> None:
    days = {incident.slug: (incident.first_day(TODAY), incident.last_day(TODAY)) for incident in INCIDENTS}

    assert days == {
        "new-team": (date(2026, 9, 21), date(2026, 11, 29)),
        "bad-batch": (date(2026, 9, 21), date(2026, 10, 11)),
        "carrier-strike": (date(2026, 11, 2), date(2026, 11, 11)),
        "stock-cancelled": (date(2026, 11, 16), date(2026, 11, 22)),
        "sunday-gap": (date(2026, 9, 28), date(2026, 11, 22)),
        "wrong-template": (date(2026, 10, 26), date(2026, 11, 15)),
        "lost-survey": (date(2026, 9, 21), date(2026, 11, 29)),
        "returns-left": (date(2026, 10, 5), date(2026, 11, 29)),
        "silent-line": (date(2026, 10, 19), date(2026, 11, 29)),
        "bot-weekend": (date(2026, 11, 14), date(2026, 11, 15)),
    }


def test_nobody_answers_on_sundays_for_eight_weeks(told: Told) -> None:
    replies = spoken_by_people(told["demo-uk"]["message"])
    in_the_gap = between(replies, "sent_at", date(2026, 9, 28), date(2026, 11, 22))
    before = between(replies, "sent_at", date(2026, 8, 3), date(2026, 9, 27))

    assert [reply for reply in in_the_gap if local(reply, "sent_at").weekday() == 6] == []
    assert len([reply for reply in before if local(reply, "sent_at").weekday() == 6]) > 40


def test_the_strike_makes_ten_days_of_orders_late(told: Told) -> None:
    def late_share(first: date, last: date) -> float:
        shipped = [
            order
            for order in between(told["demo-de"]["order"], "placed_at", first, last)
            if order["status"] == "shipped" and "ship_by_at" in order
        ]
        late = [one for one in shipped if max(p["confirmed_at"] for p in one["shipments"]) > one["ship_by_at"]]
        return len(late) / len(shipped)

    assert late_share(date(2026, 11, 2), date(2026, 11, 11)) > 0.4
    assert late_share(date(2026, 10, 1), date(2026, 11, 1)) < 0.03
    assert late_share(date(2026, 11, 12), date(2026, 11, 22)) < 0.04


def test_the_bad_batch_is_one_product(told: Told) -> None:
    account = told["demo-us-2"]
    sku = {order["external_id"]: order["items"][0]["sku"] for order in account["order"]}
    hit = {
        order["external_id"] for order in between(account["order"], "placed_at", date(2026, 9, 21), date(2026, 10, 11))
    }
    low = [one for one in account["feedback"] if one["rating"] <= 2 and one["order_external_id"] in hit]
    claims = [one for one in account["claim"] if one["order_external_id"] in hit]

    assert Counter(sku[one["order_external_id"]] for one in low)["US-2-100"] >= 0.9 * len(low) > 10
    assert Counter(sku[one["order_external_id"]] for one in claims)["US-2-100"] >= 0.75 * len(claims) > 3


def test_the_seller_cancels_a_week_of_orders(told: Told) -> None:
    def cancelled_share(first: date, last: date) -> float:
        orders = between(told["demo-jp"]["order"], "placed_at", first, last)
        own = [one for one in orders if one["fulfilled_by"] == "merchant"]
        by_seller = [
            one for one in own if one.get("cancelled_by") == "seller" and "buyer_cancel_requested_at" not in one
        ]
        return len(by_seller) / len(own)

    week = between(told["demo-jp"]["order"], "cancelled_at", date(2026, 11, 18), date(2026, 11, 21))

    assert cancelled_share(date(2026, 11, 16), date(2026, 11, 22)) > 0.1
    assert Counter(one["cancel_reason"] for one in week if one["cancelled_by"] == "seller")["out_of_stock"] >= 8
    assert cancelled_share(date(2026, 10, 1), date(2026, 11, 15)) < 0.02


def test_the_wrong_template_turns_yes_into_no(told: Told) -> None:
    def yes_share(first: date, last: date) -> float:
        answers = [one for one in told["demo-ca"]["survey_answer"] if one["kind"] == "solved"]
        given = between(answers, "answered_at", first, last)
        return sum(one["solved"] for one in given) / len(given)

    assert yes_share(date(2026, 10, 27), date(2026, 11, 15)) < 0.5
    assert yes_share(date(2026, 9, 1), date(2026, 10, 25)) > 0.8


def test_one_account_never_has_forty_answers_in_four_weeks_and_one_has_lost_them(told: Told) -> None:
    def answered(key: str, week_start: date) -> int:
        answers = [one for one in told[key]["survey_answer"] if one["kind"] == "solved"]
        return len(
            {
                one["conversation_external_id"]
                for one in between(answers, "answered_at", week_start - timedelta(28), week_start - timedelta(1))
            }
        )

    mondays = [date(2026, 11, 23) - timedelta(weeks=back) for back in range(52)]

    assert max(answered("demo-au", monday) for monday in mondays) < 40
    assert all(answered("demo-fr", monday) < 40 for monday in mondays[:6])
    assert all(answered("demo-fr", monday) >= 40 for monday in mondays[9:13])


def test_for_one_weekend_only_the_bot_answers(told: Told) -> None:
    weekend = between(told["demo-shopify"]["message"], "sent_at", date(2026, 11, 14), date(2026, 11, 15))
    authors = Counter(message["author_kind"] for message in weekend)

    assert spoken_by_people(weekend) == []
    assert authors["bot"] > 10
    assert authors["buyer"] >= authors["bot"]


def test_the_new_team_is_late_and_solves_little(told: Told) -> None:
    answers = [one for one in told["demo-us"]["survey_answer"] if one["kind"] == "solved"]
    now = between(answers, "answered_at", date(2026, 9, 28), date(2026, 11, 24))
    before = between(answers, "answered_at", date(2026, 7, 27), date(2026, 9, 20))

    assert sum(one["solved"] for one in now) / len(now) < 0.6
    assert sum(one["solved"] for one in before) / len(before) > 0.72


def test_nobody_looks_after_returns_for_some_weeks(told: Told) -> None:
    def at_fault(one: Record) -> bool:
        late = moment(one["responded_at"]) - moment(one["requested_at"]) > timedelta(hours=48)
        refused = one["status"] == "rejected" and one["in_policy"]
        return late or refused or one.get("buyer_solved") is False

    def share(first: date, last: date) -> float:
        asked = [one for one in told["demo-fr"]["return"] if one["fulfilled_by"] == "merchant"]
        answered = [one for one in between(asked, "requested_at", first, last) if "responded_at" in one]
        return sum(map(at_fault, answered)) / len(answered)

    assert share(date(2026, 10, 19), date(2026, 11, 22)) > 0.25
    assert share(date(2026, 4, 1), date(2026, 10, 4)) < 0.05


def test_line_falls_silent_and_nothing_else_does(told: Told) -> None:
    lost_at = moment("2026-10-18T12:00:00+00:00")  # at noon UTC of the day before the silence
    by_system: dict[str, list[Record]] = defaultdict(list)
    for record in told["demo-shop"]["message"]:
        by_system[record["system"]].append(record)

    assert {record["channel"] for record in told["demo-shop"]["conversation"] if record["system"] == "line"} == {"line"}
    assert len(by_system["line"]) > 500
    assert timedelta() <= lost_at - max(moment(one["sent_at"]) for one in by_system["line"]) < timedelta(days=2)
    assert data_end(TODAY) - max(moment(one["sent_at"]) for one in by_system["x-shop"]) < timedelta(days=1)


def test_what_was_never_imported_is_not_in_the_data(told: Told) -> None:
    assert set(told["demo-au"]) == {"conversation", "message", "survey_answer", "order", "claim", "chargeback"}
    assert "return" not in told["demo-shop-2"]


def test_ratings_come_on_the_scale_of_each_account(told: Told) -> None:
    def scales(key: str) -> set[tuple[str, int | None, int | None]]:
        given = [one for one in told[key]["survey_answer"] if one["kind"] != "solved" and "answered_at" in one]
        return {(one["kind"], one.get("scale_min"), one.get("scale_max")) for one in given}

    assert scales("demo-shopify") == {("csat", 1, 5)}
    assert scales("demo-shopify-2") == {("csat", 1, 10)}
    assert scales("demo-shop") == {("thumbs", None, None)}
    assert scales("demo-us") == set()
