"""The course of a conversation: what was said, how long a buyer waited, what changed, and what the buyer answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.pages.correct import Ways, ways_with
from dashboard.row_corrections import Mended
from dashboard.verdict import Verdict, at, elapsed
from dashboard.why_replies import of_answer, of_message, of_target, of_turn, person
from kpis.metrics import Text
from messaging.events import events_of
from messaging.models import (
    Author,
    Conversation,
    Message,
    SurveyAnswer,
    SurveyKind,
    Turn,
    Visibility,
)
from messaging.turns import Kind

SAID = {
    Kind.RESOLVED: gettext_lazy("Set to resolved"),
    Kind.CLOSED: gettext_lazy("Set to closed"),
    Kind.OPENED: gettext_lazy("Set to open"),
}


@dataclass(frozen=True)
class Entry:
    """Something on the timeline; `rank` orders what happened in the same instant."""

    at: datetime
    rank: int
    key: str
    moment: str

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, self.rank, self.key


@dataclass(frozen=True)
class Said(Entry):
    """A message."""

    message: Message
    verdict: Verdict | None
    notes: list[Text]
    ways: Ways
    mended: list[Mended]
    kind: str = "message"

    @property
    def author(self) -> str:
        message = self.message
        if message.author_kind == Author.AGENT and message.agent is not None:
            return str(message.agent)
        return str(message.get_author_kind_display())

    @property
    def side(self) -> str:
        """Where it stands: what the buyer wrote, what the seller sent, or what the buyer never saw."""
        if self.message.visibility != Visibility.PUBLIC:
            return "aside"
        return "buyer" if self.message.author_kind == Author.BUYER else "seller"


@dataclass(frozen=True)
class Waited(Entry):
    """A turn: shown before the answer that ended it or, without one, after the message that opened it."""

    turn: Turn
    verdict: Verdict
    target: Verdict
    facts: list[tuple[Text, str]]
    kind: str = "turn"

    @property
    def waited(self) -> str:
        return elapsed(self.turn.reply_seconds)


@dataclass(frozen=True)
class Changed(Entry):
    """A change of the status."""

    what: str
    kind: str = "status"


@dataclass(frozen=True)
class Answered(Entry):
    """A survey answer, or a survey that nobody has answered."""

    answer: SurveyAnswer
    said: str
    verdict: Verdict
    ways: Ways
    mended: list[Mended]
    kind: str = "answer"


def said(messages: Iterable[Message], fixed: dict[tuple[str, int], list[Mended]], zone: ZoneInfo) -> list[Said]:
    asked, other = ways_with(Message), ways_with(Message, asks=False)
    return [
        Said(
            at=message.sent_at,
            rank=1,
            key=message.external_id,
            moment=at(message.sent_at, zone),
            message=message,
            verdict=of_message(message, zone),
            notes=_notes(message),
            ways=asked if message.author_kind == Author.BUYER else other,
            mended=fixed.get(("message", message.pk), []),
        )
        for message in messages
    ]


def _notes(message: Message) -> list[Text]:
    """What sets a message apart from a plain one, in a few words each."""
    notes: list[Text] = []
    if message.visibility != Visibility.PUBLIC:
        notes.append(_("Internal note: the buyer does not see it"))
    elif message.automatic and message.author_kind != Author.BUYER:
        notes.append(_("Sent automatically: answers nothing"))
    if message.deleted_at is not None:
        notes.append(_("Deleted at the source"))
    if message.excluded:
        notes.append(_("Excluded by a person"))
    return notes


def waited(turn: Turn, zone: ZoneInfo) -> Waited:
    moment = turn.replied_at or turn.opened_at
    facts: list[tuple[Text, str]] = []
    if turn.replied_at is not None:
        facts.append((_("In business hours"), elapsed(turn.business_seconds)))
        facts.append((_("Answered by"), person(turn.agent)))
    if turn.first:
        facts.append((_("First response of any kind after"), elapsed(turn.acknowledged_seconds)))
    if turn.handed_over:
        facts.append((_("Handed over"), _("another person had answered before")))
    return Waited(
        at=moment,
        rank=4 if turn.replied_at is None else 0,
        key=str(turn.pk),
        moment=at(turn.opened_at, zone),
        turn=turn,
        verdict=of_turn(turn, zone),
        target=of_target(turn, zone),
        facts=facts,
    )


def answered(
    answer: SurveyAnswer,
    siblings: Sequence[SurveyAnswer],
    fixed: dict[tuple[str, int], list[Mended]],
    zone: ZoneInfo,
) -> Answered:
    moment = answer.answered_at or answer.asked_at
    return Answered(
        at=moment or datetime.max.replace(tzinfo=zone),
        rank=3,
        key=answer.external_id,
        moment=at(moment, zone),
        answer=answer,
        said=answer_said(answer),
        verdict=of_answer(answer, siblings, zone),
        ways=ways_with(SurveyAnswer),
        mended=fixed.get(("survey_answer", answer.pk), []),
    )


def answer_said(answer: SurveyAnswer) -> str:
    """What the buyer answered: "Solved", "4 of 5", or what was written."""
    if answer.answered_at is None:
        return _("No answer")
    if answer.kind == SurveyKind.SOLVED or (answer.value_number is None and answer.solved is not None):
        return _("Solved") if answer.solved else _("Not solved")
    if answer.value_number is None:
        return answer.value_raw or _("No rating")
    rating = f"{answer.value_number.normalize():f}"
    if answer.scale_max is None:
        return rating
    return _("%(rating)s of %(most)s") % {"rating": rating, "most": f"{answer.scale_max.normalize():f}"}


def changes(conversation: Conversation, zone: ZoneInfo) -> list[Changed]:
    changes = []
    for number, event in enumerate(events_of(conversation, ())):
        what = str(SAID[event.kind])
        if event.external_id and conversation.status_events[int(event.external_id)].get("actor_kind"):
            actor = str(conversation.status_events[int(event.external_id)]["actor_kind"])
            labels: dict[str, Any] = dict(Author.choices)
            what = _("%(change)s by: %(who)s") % {"change": what, "who": labels.get(actor, actor)}
        changes.append(Changed(at=event.at, rank=2, key=f"{number:04}", moment=at(event.at, zone), what=what))
    return changes
