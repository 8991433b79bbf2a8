"""Worked examples of satisfaction, response, resolution and channels. The report day is Monday, 19 January 2026.

Thirty days are 21 December to 19 January, seven days 13 to 19 January, ninety days 22 October to 19 January. It is read
on 20 January at 12:00.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from messaging.models import Conversation, ResponseTarget, SurveyAnswer
from messaging.recompute import recompute_answers, recompute_conversations
from sellers.calendars import BusinessCalendar
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import NOW, at, changes, make_answer, make_answers, make_conversation, make_message

MONDAY = date(2026, 1, 19)
DAY = 86_400


def excluded(answer: SurveyAnswer) -> None:
    SurveyAnswer.objects.filter(pk=answer.pk).update(excluded=True)
    recompute_answers(answer.account, [answer.pk], NOW)


def fated(conversation: Conversation, **values: Any) -> None:
    """A conversation that somebody has set aside."""
    Conversation.objects.filter(pk=conversation.pk).update(**values)
    recompute_conversations(conversation.account, [conversation.pk], NOW)


# --- Satisfaction ----------------------------------------------------------------------------------------------------


def solved(account: SellerAccount) -> None:
    """The score's week ends on Sunday, 18 January; its four weeks begin on 22 December."""
    make_answers(account, 36, 9, last="2026-01-18 20:00")
    talk = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    make_answer(account, "2026-01-05 12:00", False, conversation=talk)
    make_answer(account, "2026-01-06 12:00", True, conversation=talk)  # the later one counts
    lonely = make_conversation(account, ("agent", "2026-01-05 11:00"))
    make_answer(account, "2026-01-05 12:00", False, conversation=lonely)  # asked out of the blue
    excluded(make_answer(account, "2026-01-05 12:00", False, order_external_id="x"))
    make_answer(account, "2026-01-05 12:00", False, order_external_id="y", deleted_at=at("2026-01-06 12:00"))
    make_answer(account, "2025-12-21 23:59", False, order_external_id="z")  # a minute too early
    make_answer(account, "2026-01-19 00:00", False, order_external_id="w")  # the week after


def votes(account: SellerAccount) -> None:
    def vote(moment: str, yes: bool, order: str) -> None:
        make_answer(account, moment, yes, order_external_id=order)

    vote("2026-01-05 10:00", True, "a")
    vote("2026-01-06 10:00", False, "a")  # the latest of this order counts
    vote("2026-01-13 00:00", False, "b")
    vote("2026-01-14 10:00", True, "c")
    vote("2025-12-21 00:00", True, "d")
    vote("2026-01-07 10:00", True, "")  # no order: counts by itself
    vote("2025-12-20 23:59", False, "e")  # in ninety days only
    vote("2025-10-22 00:00", False, "f")  # in ninety days only
    vote("2025-10-21 23:59", False, "g")  # in none


def ratings(account: SellerAccount) -> None:
    def rate(value: str | None, low: int | None, high: int | None, **values: Any) -> SurveyAnswer:
        return make_answer(
            account, values.pop("moment", "2026-01-12 10:00"), values.pop("yes", None),
            **{"kind": "csat", "value_number": value, "scale_min": low, "scale_max": high, **values},
        )  # fmt: skip

    for value in ("2", "3", "4", "5"):
        rate(value, 1, 5)  # positions 1/4, 2/4, 3/4 and 1: the last two are satisfied
    rate("8", 1, 10)  # 7/9 is at least 3/4
    rate("7", 1, 10)  # 6/9 is not
    rate("3", 1, 3)
    rate(None, None, None, kind="thumbs", yes=True)
    talk = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    rate(None, None, None, kind="thumbs", yes=True, conversation=talk)
    rate(None, None, None, kind="thumbs", yes=False, conversation=talk, moment="2026-01-13 10:00")  # this one counts
    rate("5", None, None)  # nobody knows the scale
    lonely = make_conversation(account, ("agent", "2026-01-05 11:00"), ("buyer", "2026-01-05 12:00"))
    rate("5", 1, 5, conversation=lonely)  # the seller had begun
    excluded(rate("1", 1, 5))
    rate("1", 1, 5, deleted_at=at("2026-01-13 10:00"))
    make_answer(account, "2026-01-12 10:00", False)  # another survey


def asked(account: SellerAccount) -> None:
    day = at("2026-01-12 10:00")
    make_answer(account, "2026-01-12 12:00", True, asked_at=day)
    make_answer(account, "2026-01-19 12:00", None, asked_at=day, kind="csat", value_number=2, scale_min=1, scale_max=5)
    make_answer(account, None, None, asked_at=day)  # not answered
    lonely = make_conversation(account, ("agent", "2026-01-12 09:00"))
    make_answer(account, None, None, asked_at=day, conversation=lonely)  # asked out of the blue, and not answered
    make_answer(account, "2026-01-12 12:00", True, asked_at=day, deleted_at=at("2026-01-13 12:00"))
    make_answer(account, "2026-01-12 12:00", True)  # nobody knows when it was asked
    make_answer(account, "2025-12-21 12:00", True, asked_at=at("2025-12-20 12:00"))  # asked a day too early


# --- Response --------------------------------------------------------------------------------------------------------


def messages(account: SellerAccount) -> None:
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-06 10:00:00"))  # exactly 24 h
    make_conversation(account, ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-07 10:00:01"))  # a second late
    make_conversation(account, ("buyer", "2026-01-07 10:00"))  # never answered
    make_conversation(  # one reply after 26 h and 6 h
        account, ("buyer", "2026-01-13 00:00"), ("buyer", "2026-01-13 20:00"), ("agent", "2026-01-14 02:00")
    )
    make_conversation(account, ("buyer", "2025-12-21 00:00"), ("agent", "2025-12-21 01:00"))
    make_conversation(account, ("buyer", "2025-12-20 23:59"))  # in ninety days only
    make_conversation(account, ("buyer", "2025-10-22 00:00"))  # in ninety days only
    make_conversation(account, ("buyer", "2025-10-21 23:59"))  # in none
    # Left out: marked, automatic, excluded, in spam, in a deleted conversation, not 24 hours old.
    make_conversation(account, ("marked", "2026-01-14 10:00"))
    quiet = make_conversation(account)
    make_message(quiet, "buyer", "2026-01-14 10:00", automatic=True)
    make_message(quiet, "buyer", "2026-01-14 10:00", excluded=True)
    fated(make_conversation(account, ("buyer", "2026-01-15 10:00")), status="spam")
    fated(make_conversation(account, ("buyer", "2026-01-15 10:00")), deleted_at=at("2026-01-16 10:00"))
    make_conversation(account, ("buyer", "2026-01-19 13:00"))


def by_target(account: SellerAccount) -> None:
    january = date(2026, 1, 1)
    ResponseTarget.objects.create(account=account, priority="urgent", valid_from=january, seconds=1800)
    peak = {"valid_from": date(2026, 1, 8), "valid_until": date(2026, 1, 9)}
    ResponseTarget.objects.create(account=account, channel="email", seconds=3600, **peak)

    def wait(start: str, end: str, channel: str = "email", **values: Any) -> None:
        replies = [("agent", end)] if end else []
        make_conversation(account, ("buyer", start), *replies, channel=channel, **values)

    wait("2026-01-05 10:00", "2026-01-06 10:00")  # 24 h by e-mail: in time
    wait("2026-01-05 10:00", "2026-01-05 11:00:00", "line")  # an hour: in time
    wait("2026-01-05 10:00", "2026-01-05 11:00:01", "line")  # late
    wait("2026-01-05 10:00", "2026-01-05 10:06", "live_chat")  # five minutes: late
    wait("2026-01-05 10:00", "2026-01-05 10:40", priority="urgent")  # half an hour: late
    wait("2026-01-05 10:00", "", priority="urgent")  # never
    wait("2026-01-09 10:00", "2026-01-09 12:00")  # an hour in the peak season: late
    wait("2026-01-19 13:00", "")  # not due yet


def first_replies(account: SellerAccount) -> None:
    make_conversation(  # 1,800 s; the second turn is no first response
        account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30"),
        ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 10:10"),
    )  # fmt: skip
    acknowledged = ("buyer", "2026-01-05 10:00"), ("auto", "2026-01-05 10:00:05")
    make_conversation(account, *acknowledged, ("agent", "2026-01-05 12:00"))  # 5 s and 7,200 s
    make_conversation(account, *acknowledged)  # 5 s and never
    make_conversation(account, ("buyer", "2026-01-05 10:00"))  # nothing was ever sent
    make_conversation(  # 900 s: a notice about the order starts no conversation
        account, ("system", "2026-01-05 09:00"), ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:15")
    )
    make_conversation(  # the seller began: no first response
        account, ("agent", "2026-01-05 09:00"), ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:15")
    )


def business_hours(account: SellerAccount) -> None:
    """Open Monday to Friday from 8 to 18 since 1 January. The 9th is a Friday."""
    windows = {str(day): [["08:00", "18:00"]] for day in range(5)}
    BusinessCalendar.objects.create(account=account, valid_from=date(2026, 1, 1), windows=windows)
    make_conversation(account, ("buyer", "2026-01-09 18:00"), ("agent", "2026-01-12 08:00"))  # 0 s
    make_conversation(account, ("buyer", "2026-01-10 20:00"), ("agent", "2026-01-10 21:00"))  # 0 s
    make_conversation(account, ("buyer", "2026-01-12 17:00"), ("agent", "2026-01-13 09:00"))  # 1 h and 1 h
    make_conversation(  # 600 s and, in a second turn, 1,800 s
        account, ("buyer", "2026-01-14 10:00"), ("agent", "2026-01-14 10:10"),
        ("buyer", "2026-01-14 12:00"), ("agent", "2026-01-14 12:30"),
    )  # fmt: skip
    make_conversation(account, ("buyer", "2025-12-29 10:00"), ("agent", "2025-12-29 11:00"))  # no calendar then
    make_conversation(account, ("buyer", "2026-01-14 10:00"))  # never


def waits(account: SellerAccount) -> None:
    make_conversation(  # 2,400 s and 1,200 s: one hour in all
        account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:40"),
        ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 10:20"),
    )  # fmt: skip
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"))
    make_conversation(account, ("buyer", "2026-01-05 10:00"))


# --- Resolution ------------------------------------------------------------------------------------------------------


def endings(account: SellerAccount) -> None:
    """Seven conversations with an ending, A to G, four that count nowhere, and one that ended before the window."""

    def talk(*messages: tuple[str, str], ends: tuple[tuple[str, str], ...], **values: Any) -> Conversation:
        return make_conversation(account, *messages, status_events=changes(*ends), **values)

    asked_and_answered = ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30")
    first = ("resolved", "2026-01-05 11:00")
    kept = talk(*asked_and_answered, ends=(first,))  # A: 3,600 s
    talk(  # B: came back after three days and was resolved again: 3,600 s, and 3 days and an hour in all
        *asked_and_answered, ("buyer", "2026-01-08 10:00"), ("agent", "2026-01-08 10:20"),
        ends=(first, ("resolved", "2026-01-08 11:00")),
    )  # fmt: skip
    talk(  # C: 7,200 s, came back the next day and is open
        ("buyer", "2026-01-06 10:00"), ("agent", "2026-01-06 10:30"), ("buyer", "2026-01-07 10:00"),
        ends=(("resolved", "2026-01-06 12:00"),),
    )  # fmt: skip
    talk(("agent", "2026-01-06 09:00"), ends=(("resolved", "2026-01-06 10:00"),))  # D: no buyer wrote
    talk(  # E: 3,600 s, less than seven days ago
        ("buyer", "2026-01-15 10:00"), ("agent", "2026-01-15 10:30"), ends=(("resolved", "2026-01-15 11:00"),)
    )
    talk(("buyer", "2026-01-09 10:00"), ends=(("closed", "2026-01-12 10:00"),))  # F: closed unsolved
    talk(  # G: resolved after 3,600 s without a reply, came back, closed unsolved
        ("buyer", "2026-01-09 10:00"), ("buyer", "2026-01-09 12:00"),
        ends=(("resolved", "2026-01-09 11:00"), ("closed", "2026-01-13 10:00")),
    )  # fmt: skip
    for fate in ({"status": "spam"}, {"excluded": True}, {"deleted_at": NOW}, {"merged_into": kept}):
        fated(talk(*asked_and_answered, ends=(first,)), **fate)
    talk(("buyer", "2025-12-19 10:00"), ("agent", "2025-12-19 10:30"), ends=(("resolved", "2025-12-20 11:00"),))


def handovers(account: SellerAccount) -> None:
    make_conversation(  # Kim takes over from Sam after 1,200 s and Sam from Kim after 600 s
        account,
        ("buyer", "2026-01-05 10:00"), ("agent:sam", "2026-01-05 10:30"),
        ("buyer", "2026-01-06 10:00"), ("agent:kim", "2026-01-06 10:20"),
        ("buyer", "2026-01-07 10:00"), ("agent:sam", "2026-01-07 10:10"),
    )  # fmt: skip
    make_conversation(  # once, after 3,600 s
        account,
        ("buyer", "2026-01-05 10:00"), ("agent:sam", "2026-01-05 10:30"),
        ("buyer", "2026-01-06 10:00"), ("agent:kim", "2026-01-06 11:00"),
    )  # fmt: skip
    make_conversation(  # Kim both times
        account,
        ("buyer", "2026-01-05 10:00"), ("agent:kim", "2026-01-05 10:30"),
        ("buyer", "2026-01-06 10:00"), ("agent:kim", "2026-01-06 10:20"),
    )  # fmt: skip
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent:sam", "2026-01-05 10:30"))
    make_conversation(account, ("buyer", "2026-01-05 10:00"))  # nobody answered
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("bot", "2026-01-05 10:01"))  # a bot is nobody
    fated(make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 10:30")), excluded=True)


def channels(account: SellerAccount) -> None:
    """The eight expected channels are live chat, phone, e-mail, Amazon, Messenger, Instagram, LINE and WhatsApp."""
    for channel in ("email", "email", "line", "web_form"):
        make_conversation(account, ("buyer", "2026-01-05 10:00"), channel=channel)
    fated(make_conversation(account, ("buyer", "2026-01-05 10:00"), channel="phone"), status="spam")
    make_conversation(account, ("buyer", "2025-12-20 10:00"), channel="live_chat")  # a day too early


# --- What a person makes of it ---------------------------------------------------------------------------------------

Build = Callable[[SellerAccount], None]


def share(slug: str, build: Build, hits: int, against: int, left_out: int, working: str, base: int = 1) -> Example:
    n = hits + against
    return Example(slug, build, MONDAY, Fraction(hits * base, n), hits, n, n, hits, against, left_out, working)


def mean(slug: str, build: Build, total: int, n: int, left_out: int, working: str, rows: int = 0) -> Example:
    return Example(slug, build, MONDAY, Fraction(total, n), total, n, n, rows or n, 0, left_out, working)


def tally(slug: str, build: Build, count: int, rows: int, left_out: int, working: str) -> Example:
    return Example(slug, build, MONDAY, Fraction(count), None, None, count, rows, 0, left_out, working)


LATE = "Six messages needed an answer: on time 24:00:00, 6 h and 1 h; late 24:00:01 and 26 h; one never"
TURNS = "Five turns are due: 24:00:00 and 1 h in time, 24:00:01 and 26 h late, one never; the one of 13:00 is not due"
NOWHERE = "spam, excluded, deleted and merged ones are left out"

EXAMPLES = {
    example.slug: example
    for example in (
        share(
            "customer_service_score", solved, 37, 9, 4,
            "36 yes and 9 no, and the conversation whose later answer is yes: 10 x 37 / 46. Left out: the earlier "
            "answer, the one asked out of the blue, the excluded and the deleted one",
            base=10,
        ),
        share("dissatisfaction_rate", votes, 2, 3, 1, "a and b no; c, d and the one without an order yes: 2 of 5"),
        share("dissatisfaction_rate_7d", votes, 1, 1, 0, "b no, c yes: 1 of 2"),
        share("dissatisfaction_rate_90d", votes, 4, 3, 1, "e and f no as well: 4 of 7"),
        share(
            "csat", ratings, 5, 4, 5,
            "satisfied: 4 and 5 of 5, 8 of 10, 3 of 3, a thumb up; not: 2 and 3 of 5, 7 of 10, the thumb that went "
            "down. Left out: the earlier thumb, no scale, seller began, excluded, deleted",
        ),
        share("survey_answer_rate", asked, 2, 1, 2, "2 of 3 answered; asked out of the blue and deleted are left out"),
        share("late_response_rate", messages, 3, 3, 6, f"{LATE}: 3 of 6"),
        share("late_response_rate_7d", messages, 1, 1, 6, "26 h late, 6 h on time: 1 of 2"),
        share("late_response_rate_90d", messages, 5, 3, 6, "two more never answered: 5 of 8"),
        share("over_24h_rate", messages, 2, 4, 6, f"{LATE}: 2 of 6"),
        share("no_response_rate", messages, 1, 5, 6, f"{LATE}: 1 of 6"),
        mean(
            "contact_response_time", messages, 86_400 + 86_401 + 93_600 + 21_600 + 3600, 5, 7,
            "24:00:00, 24:00:01, 26 h, 6 h and 1 h are 291,601 s over 5 messages",
        ),
        mean("contact_response_time_7d", messages, 115_200, 2, 6, "26 h and 6 h are 32 h over 2 messages: 16 h"),
        mean("contact_response_time_90d", messages, 291_601, 5, 9, "the two more of ninety days have no answer"),
        share("within_24h_rate", messages, 2, 3, 1, f"{TURNS}: 2 of 5"),
        share(
            "within_target_rate", by_target, 2, 5, 1,
            "in time: 24 h by e-mail and 1 h on LINE; late: 1:00:01 on LINE, 6 min in a chat, 40 min when urgent, 2 h "
            "in the peak season; one urgent never: 2 of 7",
        ),
        share("missed_message_rate", messages, 1, 4, 1, f"{TURNS}: 1 of 5"),
        mean("first_response_time", first_replies, 1800 + 7200 + 900, 3, 2, "9,900 s over 3 conversations: 55 min"),
        mean(
            "first_response_business_time", business_hours, 0 + 0 + 7200 + 600, 4, 2,
            "Friday 18:00 to Monday 8:00 and Saturday evening are 0 s, then 2 h and 10 min: 7,800 s over 4",
        ),
        mean(
            "first_response_any_time", first_replies, 1800 + 5 + 5 + 900, 4, 1,
            "two automatic replies after 5 s, persons after 1,800 s and 900 s: 2,710 s over 4",
        ),
        mean(
            "average_response_time", messages, 86_400 + 86_401 + 93_600 + 3600, 4, 2,
            "24:00:00, 24:00:01, 26 h and 1 h are 270,001 s over 4 turns",
        ),
        mean(
            "average_response_business_time", business_hours, 7800 + 1800, 5, 2,
            "the second turn of 1,800 s as well: 9,600 s over 5 turns",
        ),
        mean("buyer_waiting_time", waits, 3600 + 7200, 2, 1, "1 h in two turns and 2 h: 1.5 h each", rows=3),
        mean(
            "first_resolution_time", endings, 4 * 3600 + 7200, 5, 5,
            f"A, B, E and G after 1 h, C after 2 h: 6 h over 5. No buyer wrote in D; {NOWHERE}",
        ),
        mean(
            "full_resolution_time", endings, 3600 + 3 * DAY + 3600 + 3600, 3, 7,
            f"A 1 h, B 3 days and 1 h, E 1 h: 75 h over 3. C is open, D had no buyer, G was given up; {NOWHERE}",
        ),
        share("resolution_rate", endings, 4, 2, 5, f"A, B, D and E of those and F and G: 4 of 6. C is open; {NOWHERE}"),
        share(
            "one_touch_rate", endings, 1, 4, 5,
            "A; not B and C, which came back, nor G, which got no reply, nor D, where nobody had asked: 1 of 5. E is "
            f"too young; {NOWHERE}",
        ),
        share("reopen_rate", endings, 3, 3, 4, f"B, C and G of A, B, C, D, E and G: 3 of 6; {NOWHERE}"),
        tally("conversations_resolved", endings, 6, 6, 4, f"A, B, C, D, E and G; {NOWHERE}"),
        tally("resolution_events", endings, 7, 6, 4, f"the six, and B a second time; {NOWHERE}"),
        mean(
            "handovers_per_conversation", handovers, 2 + 1, 4, 3,
            "2, 1, 0 and 0 over 4 that a person answered; unanswered, by a bot only and excluded are left out",
        ),
        mean(
            "handover_time", handovers, 1800 + 3600, 2, 5,
            "1,200 + 600 s and 3,600 s over 2: 45 min; four were never handed over, one is excluded",
        ),
        tally("conversations_by_channel", channels, 4, 4, 1, "two e-mails, one on LINE, one form; spam is left out"),
        Example(
            "channel_diversity", channels, MONDAY, Fraction(2, 8), 2, 8, 4, 3, 0, 2,
            "e-mail and LINE of eight; the form is not expected, the phone only brought spam",
        ),
    )
}  # fmt: skip
