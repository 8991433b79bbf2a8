"""Conversations and survey answers at random, and their metrics once more by hand, for tests that hold for all metrics.

What became of a conversation is read from its own messages and status changes, not from the columns that the product
worked out from them. Nothing here is shared with the catalogue.
"""

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from messaging.models import Agent, Author, Message, Reply, ResponseTarget, Standing
from messaging.recompute import recompute_conversations
from sellers.calendars import BusinessCalendar
from tests.aftermath import moments
from tests.makers import AUTHORS, make_answer, make_conversation

conversations = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(sorted(AUTHORS)), moments), min_size=1, max_size=6),
        st.lists(st.tuples(st.sampled_from(["resolved", "closed", "open", "pending"]), moments), max_size=3),
        st.sampled_from(["email", "line", "live_chat", "web_form"]),
        st.sampled_from(["", "urgent"]),
        st.sampled_from(["", "", "", "spam", "excluded", "deleted"]),  # what somebody did to it
    ),
    max_size=8,
)
answers = st.lists(
    st.tuples(
        st.integers(0, 9),  # number of the conversation
        moments,
        st.booleans(),  # solved, or a thumb up
        st.sampled_from(["solved", "solved", "csat", "thumbs"]),
        st.none() | st.integers(1, 5),  # a rating, on a scale of 1 to 5
        st.none() | st.integers(0, 72),  # hours before the answer at which it was asked
        st.sampled_from([True, True, True, False]),  # answered at all
        st.sampled_from([False, False, False, True]),  # excluded by a person
    ),
    max_size=25,
)


def build_correspondence(account, threads, given_answers, now):
    """A shop with business hours since 8 March and half an hour for urgent cases since 20 March, and its threads."""
    stored = []
    people = [Agent.objects.create(account=account, system="test", external_id=name) for name in ("sam", "kim")]
    windows = {str(day): [["22:00", "06:00"], ["09:00", "12:00"]] for day in range(5)}
    BusinessCalendar.objects.create(account=account, valid_from=date(2026, 3, 8), windows=windows)
    ResponseTarget.objects.create(account=account, priority="urgent", valid_from=date(2026, 3, 20), seconds=1800)
    for number, (messages, history, channel, priority, fate) in enumerate(threads):
        conversation = make_conversation(
            account, external_id=f"c{number}", now=now, channel=channel, priority=priority,
            status_events=[{"status": status, "at": moment.isoformat()} for status, moment in history],
            status="spam" if fate == "spam" else "open", excluded=fate == "excluded",
            deleted_at=now if fate == "deleted" else None,
        )  # fmt: skip
        Message.objects.bulk_create(
            Message(
                account=account, conversation=conversation, system="test", external_id=f"c{number}m{position}",
                sent_at=moment, agent=people[position % 2] if author == "agent" else None, **AUTHORS[author],
            )
            for position, (author, moment) in enumerate(messages)
        )  # fmt: skip
        stored.append(conversation)
    recompute_conversations(account, [conversation.id for conversation in stored], now)
    for thread, moment, yes, kind, rating, asked, answered, excluded in given_answers:
        rated = kind == "csat"
        make_answer(
            account, moment if answered else None, None if rated else yes, now=now, kind=kind, excluded=excluded,
            conversation=stored[thread] if thread < len(stored) else None, order_external_id=f"o{thread % 4}",
            asked_at=None if asked is None else moment - timedelta(hours=asked),
            **({"value_number": rating, "scale_min": 1, "scale_max": 5} if rated else {}),
        )  # fmt: skip


def due(row):
    return row.reply in (Reply.ON_TIME, Reply.LATE, Reply.NONE)


def lives(conversation):
    return conversation.status != "spam" and not conversation.excluded and conversation.deleted_at is None


def human(message):
    return message.author_kind == "agent" and message.direction == "outbound" and not message.automatic


def replies(conversation):
    """What persons sent once the buyer had written; at the same instant, the buyer wrote first."""
    asked = [row.sent_at for row in conversation.messages.all() if row.author_kind == "buyer"]
    return [row for row in conversation.messages.all() if human(row) and asked and row.sent_at >= min(asked)]


def happened(conversation):
    """Everything that resolves, closes or opens, in order: messages before changes of status at the same instant."""
    written = [
        (message.sent_at, 0, "buyer")
        for message in conversation.messages.filter(author_kind="buyer")
        if message.needs_reply is not False
    ]
    changed = [
        (datetime.fromisoformat(change["at"]), number, change["status"])
        for number, change in enumerate(conversation.status_events, 1)
    ]
    return sorted(written + changed)


def course(conversation):
    """The moments at which it was resolved, opened again while resolved, and ended; and how it stands."""
    state, resolved, again, ended = "open", [], [], []
    for moment, _number, what in happened(conversation):
        if what == "resolved" and state != "resolved":
            state = "resolved"
            resolved.append(moment)
            ended.append(moment)
        elif what == "closed" and state == "open":
            state = "closed"
            ended.append(moment)
        elif what in ("buyer", "open", "pending"):
            if state == "resolved":
                again.append(moment)
            state = "open"
    return state, resolved, again, ended


def taken(conversation, which):
    """Seconds from the buyer's first message to the first (0) or last (-1) resolve; None: no message before it."""
    first = min((row.sent_at for row in conversation.messages.filter(author_kind="buyer")), default=None)
    _state, resolved, _again, _ended = course(conversation)
    if not resolved or first is None or resolved[which] < first:
        return None
    return int((resolved[which] - first).total_seconds())


def touched_once(conversation, now):
    """Yes, no, or None while seven days are not over."""
    _state, resolved, again, _ended = course(conversation)
    last = resolved[-1]
    before = [row for row in replies(conversation) if row.sent_at <= last]
    if len(before) != 1 or any(moment <= last + timedelta(days=7) for moment in again):
        return False
    return None if last + timedelta(days=7) >= now else True


def handed_over(conversation):
    """The turns that another person answered than the answered one before."""
    answered = [turn for turn in conversation.turns.order_by("opened_at") if turn.agent_id]
    return [turn for before, turn in pairwise(answered) if before.agent_id != turn.agent_id]


def allowed(turn):
    if turn.priority == "urgent" and turn.opened_at.astimezone(turn.account.zone).date() >= date(2026, 3, 20):
        return 1800
    return {"line": 3600, "live_chat": 300}.get(turn.channel, 86_400)


def overdue(turn, now):
    """Answered or not: whether the verdict against the target is known."""
    return turn.replied_at is not None or turn.opened_at + timedelta(seconds=allowed(turn)) < now


def in_time(turn):
    return turn.reply_seconds is not None and turn.reply_seconds <= allowed(turn)


def heard(turn):
    """Seconds until anything was sent to the buyer."""
    sent = turn.conversation.messages.filter(
        sent_at__gte=turn.opened_at, direction="outbound", author_kind__in=["agent", "bot"]
    )
    first = min((row.sent_at for row in sent), default=None)
    return None if first is None else int((first - turn.opened_at).total_seconds())


def standing(answer):
    return answer.standing in (Standing.COUNTS, Standing.UNANSWERED)


def was_resolved(conversation):
    return lives(conversation) and bool(course(conversation)[1])


def metrics_by_hand(now):
    """(counted?, hit or measure) of each metric, as plain Python over single rows."""
    found = {
        "late_response_rate": (lambda m: m.author_kind == Author.BUYER and due(m), lambda m: m.reply != Reply.ON_TIME),
        "over_24h_rate": (lambda m: m.author_kind == Author.BUYER and due(m), lambda m: m.reply == Reply.LATE),
        "no_response_rate": (lambda m: m.author_kind == Author.BUYER and due(m), lambda m: m.reply == Reply.NONE),
        "contact_response_time": (
            lambda m: m.author_kind == Author.BUYER and m.reply_seconds is not None,
            lambda m: m.reply_seconds,
        ),
        "within_24h_rate": (due, lambda turn: turn.reply == Reply.ON_TIME),
        "missed_message_rate": (due, lambda turn: turn.reply == Reply.NONE),
        "first_response_time": (
            lambda turn: turn.first and turn.reply_seconds is not None,
            lambda turn: turn.reply_seconds,
        ),
        "average_response_time": (lambda turn: turn.reply_seconds is not None, lambda turn: turn.reply_seconds),
        "survey_answer_rate": (standing, lambda answer: answer.answered_at is not None),
        "within_target_rate": (lambda turn: overdue(turn, now), in_time),
        "first_response_any_time": (lambda turn: turn.first and heard(turn) is not None, heard),
        "first_response_business_time": (
            lambda turn: turn.first and turn.business_seconds is not None,
            lambda turn: turn.business_seconds,
        ),
        "average_response_business_time": (
            lambda turn: turn.business_seconds is not None,
            lambda turn: turn.business_seconds,
        ),
        "first_resolution_time": (
            lambda one: lives(one) and taken(one, 0) is not None,
            lambda one: taken(one, 0),
        ),
        "full_resolution_time": (
            lambda one: lives(one) and course(one)[0] == "resolved" and taken(one, -1) is not None,
            lambda one: taken(one, -1),
        ),
        "resolution_rate": (
            lambda one: lives(one) and course(one)[0] != "open",
            lambda one: course(one)[0] == "resolved",
        ),
        "one_touch_rate": (
            lambda one: was_resolved(one) and touched_once(one, now) is not None,
            lambda one: touched_once(one, now),
        ),
        "reopen_rate": (was_resolved, lambda one: bool(course(one)[2])),
        "conversations_resolved": (was_resolved, lambda one: True),
        "resolution_events": (was_resolved, lambda one: len(course(one)[1])),
        "handovers_per_conversation": (
            lambda one: lives(one) and bool(replies(one)),
            lambda one: len(handed_over(one)),
        ),
        "handover_time": (
            lambda one: lives(one) and bool(handed_over(one)),
            lambda one: sum(turn.reply_seconds for turn in handed_over(one)),
        ),
        "conversations_by_channel": (lives, lambda one: True),
    }
    windows = ("late_response_rate", "contact_response_time")
    return found | {f"{slug}_{days}d": found[slug] for slug in windows for days in (7, 90)}


def waiting(turns):
    """The answered waits of each conversation added up, and how many conversations there are."""
    answered = [turn for turn in turns if turn.replied_at]
    return sum(turn.reply_seconds for turn in answered), len({turn.conversation_id for turn in answered})


def channels_in_use(conversations):
    """How many of the eight expected channels occur, and eight."""
    return len({row.channel for row in conversations if lives(row)} - {"web_form"}), 8


# The clocks of facts that share their table with others, and of the tables themselves.
CLOCKS = {
    "conversations": lambda row: min((message.sent_at for message in row.messages.all()), default=None),
    "surveys": lambda row: row.asked_at,
    "first_resolutions": lambda row: next(iter(course(row)[1]), None),
    "resolutions": lambda row: next(reversed(course(row)[1]), None),
    "endings": lambda row: next(reversed(course(row)[3]), None),
}


def satisfied(row):
    """A thumb, or 4 or 5 of 5; None without either."""
    return row.solved if row.value_number is None else row.value_number >= 4


# Of each survey metric: the key of which the latest counts, the kinds, what an answer says, and what is counted.
SURVEYS = {
    "customer_service_score": ("thread_key", ("solved",), lambda row: row.solved, True),
    "dissatisfaction_rate": ("order_key", ("solved",), lambda row: row.solved, False),
    "dissatisfaction_rate_7d": ("order_key", ("solved",), lambda row: row.solved, False),
    "dissatisfaction_rate_90d": ("order_key", ("solved",), lambda row: row.solved, False),
    "csat": ("thread_key", ("csat", "thumbs"), satisfied, True),
}
