"""Waits that need no reply: a person says so of a whole turn at once, and can take it back.

Each message that asks for an answer gets a correction of its own, so that every figure follows and every step is told
with its reason. What was said in one step carries one moment, by which it is undone.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from intake.corrections import Change, CorrectionError, correct, undo
from intake.models import Correction
from messaging.models import Author, Message, Reply, Turn
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount, User

KIND = Correction.Kind.NO_REPLY_NEEDED


def dismiss(account: SellerAccount, turns: Collection[int], *, by: User | None, now: datetime, reason: str) -> int:
    """Say of these turns of an account that they need no reply; returns how many of them still waited.

    Raises CorrectionError.
    """
    with transaction.atomic():
        lock_for_writing(account.id)  # or another person's dismissal of one wait would refuse all of them
        messages = _asking(account, turns)
        rows = [message for group in messages.values() for message in group]
        if rows:
            correct(account, rows, Change(KIND), by=by, now=now, reason=reason)
    return len(messages)


def dismissals(accounts: Sequence[SellerAccount], since: datetime) -> QuerySet[Correction]:
    """What was said to need no reply and still is, the newest first: one row for each message."""
    rows = Correction.objects.filter(account__in=accounts, kind=KIND, state=Correction.State.APPLIED)
    return rows.filter(applied_at__gte=since).order_by("-applied_at", "-id")


def restore(
    accounts: Sequence[SellerAccount], said_at: datetime, *, by: User | None, now: datetime, conversation: int | None
) -> int:
    """Take back what was said at this moment, of one conversation or of all; returns how many messages wait again."""
    rows = dismissals(accounts, said_at).filter(applied_at=said_at)
    if conversation is not None:
        rows = rows.filter(row_id__in=Message.objects.filter(conversation=conversation).values("pk"))
    return sum(_is_undone(correction, by, now) for correction in list(rows))


def _is_undone(correction: Correction, by: User | None, now: datetime) -> bool:
    try:
        undo(correction, now, by)
    except CorrectionError:
        return False  # another person has just taken it back
    return True


def _asking(account: SellerAccount, turns: Collection[int]) -> dict[int, list[Message]]:
    """The messages of each turn that ask for an answer; two queries. A turn that was answered meanwhile has none."""
    wanted = Turn.objects.filter(account=account, pk__in=turns, replied_at=None).values("conversation")
    opened = Turn.objects.filter(account=account, conversation__in=wanted).order_by("opened_at", "pk")
    by_conversation: dict[int, list[Turn]] = defaultdict(list)
    for turn in opened:
        by_conversation[turn.conversation_id].append(turn)
    asking = Message.objects.filter(
        account=account,
        conversation__in=list(by_conversation),
        author_kind=Author.BUYER,
        reply__in=[Reply.PENDING, Reply.NONE],
    )
    found: dict[int, list[Message]] = defaultdict(list)
    for message in asking.order_by("sent_at", "pk"):
        before = [turn for turn in by_conversation[message.conversation_id] if turn.opened_at <= message.sent_at]
        if before and before[-1].pk in turns:
            found[before[-1].pk].append(message)
    return found
