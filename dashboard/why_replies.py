"""Why a buyer's message, a turn or a survey answer has the verdict it has, in sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.verdict import Verdict, apart, at, elapsed
from kpis.metrics import Text
from kpis.targets import Band
from messaging.answers import RATED, latest
from messaging.models import (
    Agent,
    Author,
    Conversation,
    Direction,
    Message,
    OneTouch,
    Outcome,
    Reply,
    Standing,
    SurveyAnswer,
    SurveyKind,
    Turn,
    Visibility,
)
from messaging.turns import TARGET

BANDS = {Reply.PENDING: Band.YELLOW, Reply.ON_TIME: Band.GREEN, Reply.LATE: Band.RED, Reply.NONE: Band.RED}
# Who said that a message needs no reply, by `needs_reply_source`.
UNASKED: dict[str, Text] = {
    "platform": gettext_lazy("The platform says that it needs no reply."),
    "agent": gettext_lazy("An agent marked it as needing no reply."),
    "rule": gettext_lazy("A rule of the source says that it needs no reply."),
    "derived": gettext_lazy("It was read as needing no reply when it came in."),
}
GONE: dict[int, Text] = {
    Reply.DELETED: gettext_lazy("It was deleted at the source, so it counts nowhere."),
    Reply.EXCLUDED: gettext_lazy("A person excluded it or its conversation, so it counts nowhere."),
    Reply.SPAM: gettext_lazy("The conversation is marked as spam, so nothing in it counts."),
}
OUTCOMES: dict[int, Text] = {
    Outcome.SPAM: gettext_lazy("Marked as spam: nothing in this conversation counts."),
    Outcome.MERGED: gettext_lazy("Merged into another conversation, where its messages and answers count now."),
    Outcome.DELETED: gettext_lazy("Deleted at the source: nothing in this conversation counts."),
    Outcome.EXCLUDED: gettext_lazy("A person excluded this conversation: nothing in it counts."),
}


def person(agent: Agent | None) -> str:
    """Who answered, by name where it is known."""
    return _("a person") if agent is None else str(agent)


def of_message(message: Message, zone: ZoneInfo) -> Verdict | None:
    """The verdict on a buyer's message, against 24 hours; None for anything else."""
    if message.author_kind != Author.BUYER:
        return None
    reply = Reply(message.reply)
    if reply in GONE:
        why = str(GONE[reply])
    elif reply is Reply.NOT_NEEDED:
        why = _why_unasked(message)
    else:
        why = _why(reply, message.sent_at, message.reply_seconds, message.replied_by, zone)
    return Verdict(reply.label, BANDS.get(reply, Band.NONE), why)


def of_turn(turn: Turn, zone: ZoneInfo) -> Verdict:
    """The verdict on a turn, against 24 hours."""
    reply = Reply(turn.reply)
    return Verdict(reply.label, BANDS[reply], _why(reply, turn.opened_at, turn.reply_seconds, turn.agent, zone))


def of_target(turn: Turn, zone: ZoneInfo) -> Verdict:
    """The verdict on a turn against the target that was in force on the day it opened."""
    reply = Reply(turn.target_reply)
    words = {"target": elapsed(turn.target_seconds), "due": at(turn.due_at, zone)}
    if turn.replied_at is not None and turn.replied_at > turn.due_at:
        words["over"] = apart(turn.replied_at, turn.due_at)
        why = _("The target was %(target)s, until %(due)s; the answer came %(over)s later.") % words
    elif reply is Reply.PENDING:
        why = _("The target is %(target)s, until %(due)s.") % words
    else:
        why = _("The target was %(target)s, until %(due)s.") % words
    return Verdict(str(turn.get_target_reply_display()), BANDS[reply], why)


def _why(reply: Reply, asked_at: datetime, seconds: int | None, agent: Agent | None, zone: ZoneInfo) -> str:
    words = {"due": at(asked_at + TARGET, zone), "who": person(agent)}
    if seconds is None:
        if reply is Reply.PENDING:
            return _("No person has answered yet. An answer is in time until %(due)s.") % words
        return _("No person has answered. The 24 hours were over on %(due)s.") % words
    words |= {"moment": at(asked_at + timedelta(seconds=seconds), zone), "waited": elapsed(seconds)}
    if reply is Reply.ON_TIME:
        return _("Answered by %(who)s on %(moment)s, after %(waited)s; 24 hours would have ended %(due)s.") % words
    words["over"] = elapsed(seconds - int(TARGET.total_seconds()))
    return (
        _("Answered by %(who)s on %(moment)s, after %(waited)s: %(over)s after the 24 hours had ended (%(due)s).")
        % words
    )


def _why_unasked(message: Message) -> str:
    if message.needs_reply is False:
        said = UNASKED.get(message.needs_reply_source, gettext_lazy("It was stated that it needs no reply."))
        return str(said)
    if message.extra.get("duplicate_of_external_id"):
        return _("It came a second time by another way; the other copy is judged.")
    if message.automatic:
        return _("It was sent automatically, so nobody waits for an answer.")
    if message.visibility != Visibility.PUBLIC or message.direction != Direction.INBOUND:
        return _("It is no public message to the seller, so nobody waits for an answer.")
    return _("Nobody waits for an answer to it.")


def of_answer(answer: SurveyAnswer, siblings: Sequence[SurveyAnswer], zone: ZoneInfo) -> Verdict:
    """Whether a survey answer counts, among all answers of its conversation, and why not."""
    standing = Standing(answer.standing)
    if standing is not Standing.COUNTS:
        return Verdict(standing.label, Band.NONE, str(_STANDING[standing]))
    if answer.kind in RATED and answer.satisfied is None:
        return Verdict(_("Not counted"), Band.NONE, _("The rating cannot be placed on a scale."))
    if answer.kind == SurveyKind.OTHER:
        return Verdict(_("Not counted"), Band.NONE, _("No figure counts surveys of this kind."))
    newest = latest(answer, siblings)
    if newest.pk != answer.pk:
        why = _("The answer of %(moment)s came later and counts, wherever both are in the window.")
        return Verdict(_("A later answer counts"), Band.NONE, why % {"moment": at(newest.answered_at, zone)})
    happy = answer.solved if answer.kind == SurveyKind.SOLVED else answer.satisfied
    why = _("It is the latest answer of its kind in the conversation.")
    return Verdict(standing.label, Band.GREEN if happy else Band.RED, why)


_STANDING: dict[int, Text] = {
    Standing.UNANSWERED: gettext_lazy("The buyer was asked and has not answered."),
    Standing.SELLER_STARTED: gettext_lazy("The seller started the conversation: the buyer had not written before."),
    Standing.DELETED: gettext_lazy("It or its conversation was deleted at the source."),
    Standing.EXCLUDED: gettext_lazy("A person excluded it or its conversation."),
}


def of_outcome(conversation: Conversation, zone: ZoneInfo) -> Verdict:
    """Where a conversation has come to."""
    outcome = Outcome(conversation.outcome)
    if outcome in OUTCOMES:
        return Verdict(outcome.label, Band.NONE, str(OUTCOMES[outcome]))
    words = {"ended": at(conversation.ended_at, zone), "took": elapsed(conversation.full_resolution_seconds)}
    if outcome is Outcome.CLOSED:
        return Verdict(outcome.label, Band.NONE, _("Closed on %(ended)s without having been resolved.") % words)
    if outcome is Outcome.OPEN:
        reopened = conversation.resolutions > 0
        return Verdict(outcome.label, Band.NONE, _("Resolved before, and opened again since.") if reopened else "")
    if conversation.full_resolution_seconds is None:
        why = _("Resolved on %(ended)s.") % words
    else:
        why = _("Resolved on %(ended)s, %(took)s after the buyer's first message.") % words
    if conversation.one_touch == OneTouch.YES:
        why = f"{why} {_('One reply was enough, and it held for 7 days.')}"
    return Verdict(outcome.label, Band.GREEN, why)
