"""One conversation: its messages in the order of time, the waits between them, and why each has its verdict."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.paginator import Page, Paginator
from django.http import Http404
from django.utils.translation import gettext as _

from dashboard import clocks
from dashboard.pages.conversation_timeline import (
    Answered,
    Entry,
    Said,
    Waited,
    answered,
    changes,
    said,
    waited,
)
from dashboard.pages.correct import Ways, ways_with
from dashboard.row_corrections import Mended, mended
from dashboard.verdict import Verdict, at, elapsed
from dashboard.why_replies import of_outcome
from kpis.metrics import Text
from messaging.models import (
    Conversation,
    ConversationStatus,
    Message,
    MessageBody,
    SurveyAnswer,
    Turn,
)
from orders.models import Order
from sellers.models import SellerAccount

PER_PAGE = 100  # messages, waits, answers and status changes on one page
KNOWN_LANGUAGES = frozenset(code.partition("-")[0] for code in LANG_INFO)


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
    told = [answered(answer, answers, fixed, zone) for answer in answers]
    waits = [waited(turn, zone) for turn in turns]
    entries: list[Entry] = sorted(
        [*said(messages, fixed, zone), *waits, *told, *changes(conversation, zone)], key=attrgetter("order")
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
