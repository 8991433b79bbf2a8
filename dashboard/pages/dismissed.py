"""What people lately said to need no reply, and the way to take it back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext_lazy as _

from dashboard import words
from intake.dismissals import dismissals
from intake.models import Correction
from kpis.metrics import Text
from messaging.models import Conversation, Message
from sellers.models import SellerAccount

PER_PAGE = 50
SINCE = timedelta(days=30)
# What stands in the address of a reason, and what is recorded. Words of ours: a reason can be read by everybody later.
REASONS: dict[str, Text] = {
    "thanks": _("the buyer only says thanks or asks nothing"),
    "elsewhere": _("answered elsewhere, for example by phone"),
    "solved": _("settled without a message, for example by a refund"),
    "machine": _("an automatic message or a notice of the platform"),
    "unwanted": _("advertising or spam"),
}


@dataclass(frozen=True)
class Dismissal:
    """What was said of one conversation in one step."""

    correction: Correction
    conversation: Conversation
    count: int  # its messages
    may_write: bool

    @property
    def account(self) -> SellerAccount:
        return self.conversation.account

    @property
    def title(self) -> str:
        return self.conversation.subject or self.conversation.topic or self.conversation.external_id

    @property
    def who(self) -> str:
        by = self.correction.applied_by
        return "" if by is None else by.get_full_name() or by.get_username()

    @property
    def said_at(self) -> str:
        at = self.correction.applied_at
        return "" if at is None else words.moment(at, self.account.zone)


@dataclass(frozen=True)
class DismissedPage:
    """Everything the page shows."""

    account: SellerAccount | None
    page: Page
    rows: list[Dismissal]


def dismissed_page(
    accounts: Sequence[SellerAccount],
    account: SellerAccount | None,
    page: str,
    writable: Collection[int],
    now: datetime,
) -> DismissedPage:
    """The newest first; messages of one conversation that were dismissed together are one line."""
    found = dismissals(accounts, now - SINCE).select_related("applied_by")
    numbered = Paginator(found, PER_PAGE).get_page(page)
    corrections = list(numbered)
    shown = Message.objects.filter(pk__in=[one.row_id for one in corrections]).select_related("conversation__account")
    conversations = {message.pk: message.conversation for message in shown}
    together = groupby(
        (one for one in corrections if one.row_id in conversations),
        key=lambda one: (one.applied_at, conversations[one.row_id].pk),
    )
    rows = []
    for _key, group in together:
        first, *rest = group
        rows.append(
            Dismissal(first, conversations[first.row_id], 1 + len(rest), may_write=first.account_id in writable)
        )
    return DismissedPage(account, numbered, rows)
