"""Merging two conversations that are one, and parting them again.

What the sources say stays: a message's own conversation is kept beside the row, and its column leads to the one that
the conversation was merged into. So a message that arrives later for the merged one goes there, too.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from intake.merge import HELD, PINNED
from intake.repair import settle_again
from intake.touched import Touched
from messaging.models import Conversation, Message, SurveyAnswer
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

PARENT = "conversation_external_id"


class MergeError(ValueError):
    """Why two conversations cannot be merged, in one sentence."""


def check_merge(source: Conversation, target: Conversation) -> None:
    """Raise MergeError unless `source` may be merged into `target`."""
    if source.account_id != target.account_id:
        raise MergeError(_("Both conversations must be of one account."))
    if source.pk == target.pk:
        raise MergeError(_("A conversation cannot be merged into itself."))
    if source.merged_into_id:
        raise MergeError(_("This conversation has already been merged into another one."))
    if target.merged_into_id:
        raise MergeError(_("The other conversation has itself been merged; choose the one it was merged into."))
    if Conversation.objects.filter(account=source.account_id, merged_into=source).exists():
        raise MergeError(_("Other conversations have been merged into this one; undo that first."))


def merge(account: SellerAccount, source: Conversation, target: Conversation, now: datetime) -> None:
    """Move the messages and answers of `source` to `target`, in the caller's transaction. Raises MergeError."""
    lock_for_writing(account.id)
    source, target = (Conversation.objects.get(account=account, pk=one.pk) for one in (source, target))
    check_merge(source, target)
    _lead(account, source, target)
    models: tuple[Any, ...] = (Message, SurveyAnswer)
    for model in models:
        keys = list(model.objects.filter(account=account, conversation=source).values_list("pk", flat=True))
        settle_again(account, model, keys, [PARENT], now)
    _follow(account, source, target, now)


def part(account: SellerAccount, source: Conversation, now: datetime) -> None:
    """Give a merged conversation back what its sources say belongs to it, in the caller's transaction."""
    lock_for_writing(account.id)
    source = Conversation.objects.select_related("merged_into").get(account=account, pk=source.pk)
    target = source.merged_into
    if target is None:
        return
    _lead(account, source, None)
    models: tuple[Any, ...] = (Message, SurveyAnswer)
    for model in models:
        rows = model.objects.filter(account=account, conversation=target, system=source.system)
        keys = [row.pk for row in rows.only("stated") if _parent(row.stated) == source.external_id]
        settle_again(account, model, keys, [PARENT], now)
    _follow(account, source, target, now)


def _parent(stated: dict[str, Any]) -> str | None:
    """The conversation that a row would belong to if none were merged, where its column shows another one."""
    pin = stated.get(PINNED, {}).get(PARENT)
    found: str | None = stated.get(HELD, {}).get(PARENT) if pin is None else pin["value"]
    return found


def _lead(account: SellerAccount, source: Conversation, target: Conversation | None) -> None:
    source.account, source.merged_into = account, target
    source.save(update_fields=["merged_into"])


def _follow(account: SellerAccount, source: Conversation, target: Conversation, now: datetime) -> None:
    """Bring in line what hangs on either of them, also where no row of theirs has moved."""
    touched = Touched()
    for conversation in (source, target):
        touched.add(conversation)
    touched.recompute(account, now)
