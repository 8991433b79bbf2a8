"""One conversation: its messages in the order of time, the waits between them, and why each has its verdict."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.paginator import Page, Paginator
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import clocks
from dashboard.pages.correct import Ways, ways_with
from dashboard.row_corrections import Mended, mended
from dashboard.verdict import Verdict, at, elapsed
from dashboard.why_replies import of_answer, of_message, of_outcome, of_target, of_turn, person
from kpis.metrics import Text
from messaging.events import events_of
from messaging.models import (
    Author,
    Conversation,
    ConversationStatus,
    Message,
    MessageBody,
    SurveyAnswer,
    SurveyKind,
    Turn,
    Visibility,
)
from messaging.turns import Kind
from orders.models import Order
from sellers.models import SellerAccount

PER_PAGE = 100  # messages, waits, answers and status changes on one page
SAID = {
    Kind.RESOLVED: gettext_lazy("Set to resolved"),
    Kind.CLOSED: gettext_lazy("Set to closed"),
    Kind.OPENED: gettext_lazy("Set to open"),
}
KNOWN_LANGUAGES = frozenset(code.partition("-")[0] for code in LANG_INFO)


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


@dataclass(frozen=True)
class ConversationPage:
    """Everything the page shows."""

    account: SellerAccount
    conversation: Conversation
    outcome: Verdict
    page: Page
    texts: dict[int, MessageBody]
    orders: list[tuple[str, Order | None]]
    merged: list[Conversation]
    facts: list[tuple[Text, str]]
    answers: list[Answered]
    waits: list[Waited]
    ways: Ways
    mended: list[Mended]
    counts: int
    language: str = ""
    url: str = ""
    entries: list[Entry] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.conversation.subject or _("Conversation %(id)s") % {"id": self.conversation.external_id}

    @property
    def buyer(self) -> str:
        """A short name for the buyer, the same in all conversations and orders."""
        return pseudonym(self.conversation.buyer_key)

    @property
    def shown(self) -> list[tuple[Entry, MessageBody | None]]:
        """The entries of this page, messages with their text."""
        return [(one, self.texts.get(one.message.pk) if isinstance(one, Said) else None) for one in self.page]


def pseudonym(buyer_key: str) -> str:
    """The beginning of a buyer's key: enough to tell buyers apart on a page."""
    return buyer_key[:8]


def conversation_or_404(account: SellerAccount, key: int) -> Conversation:
    """One conversation of this account."""
    found = Conversation.objects.select_related("merged_into").filter(account=account, pk=key).first()
    if found is None:
        raise Http404
    found.account = account
    return found


def conversation_page(account: SellerAccount, conversation: Conversation, number: str, wanted: str) -> ConversationPage:
    """The page with this number, by default the newest, or the one on which the message with the key `wanted` stands.

    Ten queries, however long the conversation is.
    """
    zone = account.zone
    own = Message.objects.filter(account=account, conversation=conversation)
    messages = list(own.select_related("agent", "replied_by").order_by("sent_at", "pk"))
    turns = list(Turn.objects.filter(conversation=conversation).select_related("agent").order_by("opened_at", "pk"))
    answers = list(SurveyAnswer.objects.filter(conversation=conversation).order_by("answered_at", "pk"))
    merged = list(Conversation.objects.filter(account=account, merged_into=conversation).order_by("external_id"))
    fixed = mended(
        account,
        {
            "conversation": [conversation.pk, *(one.pk for one in merged)],
            "message": own.order_by().values("pk"),
            "survey_answer": [answer.pk for answer in answers],
        },
    )
    told = [_answered(answer, answers, fixed, zone) for answer in answers]
    waits = [_waited(turn, zone) for turn in turns]
    entries: list[Entry] = sorted(
        [*_said(messages, fixed, zone), *waits, *told, *_changes(conversation, zone)], key=attrgetter("order")
    )
    page = _page(entries, number, wanted)
    keys = [entry.message.pk for entry in page if isinstance(entry, Said)]
    return ConversationPage(
        account=account,
        conversation=conversation,
        outcome=of_outcome(conversation, zone),
        page=page,
        texts={body.pk: body for body in MessageBody.objects.filter(message__in=keys)},
        orders=_orders(account, [conversation, *merged]),
        merged=merged,
        facts=_facts(conversation, zone),
        answers=told,
        waits=waits,
        ways=ways_with(Conversation),
        mended=[one for row in (conversation, *merged) for one in fixed.get(("conversation", row.pk), [])],
        counts=len(messages),
        language=language(conversation.language),
        url=conversation.url if re.match(r"https?://", conversation.url) else "",
        entries=entries,
    )


def _page(entries: Sequence[Entry], number: str, wanted: str) -> Page:
    paginator = Paginator(entries, PER_PAGE)
    places = [i for i, one in enumerate(entries) if isinstance(one, Said) and str(one.message.pk) == wanted]
    if places and not number:
        return paginator.get_page(places[0] // PER_PAGE + 1)
    return paginator.get_page(number or paginator.num_pages)


def _said(messages: Iterable[Message], fixed: dict[tuple[str, int], list[Mended]], zone: ZoneInfo) -> list[Said]:
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


def _waited(turn: Turn, zone: ZoneInfo) -> Waited:
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


def _answered(
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


def _changes(conversation: Conversation, zone: ZoneInfo) -> list[Changed]:
    changes = []
    for number, event in enumerate(events_of(conversation, ())):
        what = str(SAID[event.kind])
        if event.external_id and conversation.status_events[int(event.external_id)].get("actor_kind"):
            actor = str(conversation.status_events[int(event.external_id)]["actor_kind"])
            labels: dict[str, Any] = dict(Author.choices)
            what = _("%(change)s by: %(who)s") % {"change": what, "who": labels.get(actor, actor)}
        changes.append(Changed(at=event.at, rank=2, key=f"{number:04}", moment=at(event.at, zone), what=what))
    return changes


def _orders(account: SellerAccount, conversations: Iterable[Conversation]) -> list[tuple[str, Order | None]]:
    """The orders it is about: by their IDs, with the order where it has come in. The first of two systems is meant."""
    names = list(dict.fromkeys(name for row in conversations for name in row.order_external_ids))
    known: dict[str, Order] = {}
    for order in Order.objects.filter(account=account, external_id__in=names).order_by("pk"):
        known.setdefault(order.external_id, order)
    return [(name, known.get(name)) for name in names]


def _facts(conversation: Conversation, zone: ZoneInfo) -> list[tuple[Text, str]]:
    row = conversation
    facts: list[tuple[Text, str]] = [
        (_("Status"), str(ConversationStatus(row.status).label)),
        (_("Channel"), str(row.get_channel_display())),
        (_("Topic"), row.topic),
        (_("Priority"), str(row.get_priority_display())),
        (_("Language"), clocks.language(row.language)),
        (_("Assigned to"), row.assignee_name or row.assignee_external_id),
        (_("Began"), at(row.opened_moment, zone)),
        (_("First resolved"), at(row.first_resolved_at, zone) if row.first_resolved_at else ""),
        (_("Times opened again"), str(row.reopens) if row.reopens else ""),
        (_("Replies by a person"), str(row.human_replies)),
        (_("Hand-overs"), _handovers(row)),
        (_("Kept in"), f"{row.system}:{row.external_id}"),
    ]
    return [(title, text) for title, text in facts if text]


def _handovers(row: Conversation) -> str:
    if not row.handovers:
        return ""
    return _("%(count)d, waited %(time)s") % {"count": row.handovers, "time": elapsed(row.handover_seconds)}


def language(code: str) -> str:
    """A language tag for the page, where the source names a language that browsers know."""
    tag = code.strip().replace("_", "-").lower()
    return tag if tag.partition("-")[0] in KNOWN_LANGUAGES and re.fullmatch(r"[a-z0-9-]{2,16}", tag) else ""
