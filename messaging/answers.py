"""Which survey answers may count, and whether they say that a buyer was satisfied.

Sources: https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=LE8H7ZDEAUB3BMK&language=en_GB (a buyer
must have written before), https://www.eesel.ai/blog/zendesk-csat-good-vs-bad-rating (where "satisfied" begins).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from messaging.choices import Outcome, Standing, SurveyKind
from messaging.models import Conversation, Message, SurveyAnswer
from messaging.turns import Thread
from sellers.blank import lead
from sellers.facts import assign
from sellers.fresh import Fresh
from sellers.models import SellerAccount

CHUNK = 1000
RATED = (SurveyKind.CSAT, SurveyKind.THUMBS)
JUDGED = ("standing", "satisfied", "thread_key", "order_key")


def satisfied(value: Decimal | None, low: Decimal | None, high: Decimal | None, yes: bool | None) -> bool | None:
    """Whether an answer stands at or above three quarters of its own scale, or is a "yes"; None: it cannot be placed.

    4 and 5 of 1 to 5, 8 to 10 of 1 to 10, 3 of 1 to 3. Scales are never mixed: each answer is read on its own.
    """
    if value is None:
        return yes
    if low is None or high is None or not low < high or not low <= value <= high:
        return None
    return 4 * (value - low) >= 3 * (high - low)


def link(account: SellerAccount, messages: Iterable[Message], fresh: Fresh) -> None:
    """An answer belongs to the conversation of the message it hangs on, whichever arrived first, even if that moves."""
    conversations = {(message.system, message.external_id): message.conversation_id for message in messages}
    if not conversations:
        return
    names = sorted({external_id for _system, external_id in conversations})
    answers = list(fresh.of(SurveyAnswer))
    for start in range(0, len(names), CHUNK):
        piece = names[start : start + CHUNK]
        answers += SurveyAnswer.objects.filter(account=account, message_external_id__among=piece)
    linked = []
    for answer in answers:
        conversation_id = conversations.get((answer.system, answer.message_external_id), answer.conversation_id)
        if conversation_id != answer.conversation_id:
            answer.account, answer.conversation_id = account, conversation_id
            linked.append(answer)
    SurveyAnswer.objects.bulk_update(fresh.stored(linked), ["conversation"])


def judge(
    account: SellerAccount,
    answers: Iterable[SurveyAnswer],
    conversations: dict[int, Conversation],
    threads: dict[int, Thread],
    messages: dict[int, list[Message]],
    fresh: Fresh,
) -> None:
    """Bring the standing, the verdict and the keys of these answers in line with their conversations.

    Those that are not stored yet are stored. A conversation is about its own orders first, then about those of the
    ones that were merged into it.
    """
    answers = list(answers)
    if not answers:
        return
    orders = {key: conversation.order_external_ids for key, conversation in conversations.items()}
    outcomes = {key: conversation.outcome for key, conversation in conversations.items()}
    merged = Conversation.objects.filter(account=account, merged_into_id__among=conversations, deleted_at=None)
    # Sorted here, whichever was stored first: asked to sort, SQLite would walk through the whole account.
    for _system, _name, target_id, order_ids in sorted(
        merged.values_list("system", "external_id", "merged_into_id", "order_external_ids")
    ):
        orders[target_id] = [*orders[target_id], *order_ids]
    changed = []
    for answer in answers:
        lead(answer, "account", account)
        key = answer.conversation_id or 0
        asked_by = {message.external_id: message.sent_at for message in messages.get(key, ())}
        thread_orders = orders.get(key) or []
        thread_key = f"c:{answer.conversation_id}" if answer.conversation_id else ""
        order_id = answer.order_external_id or (thread_orders[0] if thread_orders else "")
        order_key = f"o:{order_id}" if order_id else ""
        asked_at = asked_by.get(answer.message_external_id)
        verdict = {
            "standing": _standing(answer, outcomes.get(key), threads.get(key), asked_at),
            "satisfied": satisfied(answer.value_number, answer.scale_min, answer.scale_max, answer.solved),
            "thread_key": thread_key or order_key or f"a:{answer.id}",
            "order_key": order_key or thread_key or f"a:{answer.id}",
        }
        if assign(answer, verdict):
            changed.append(answer)
    SurveyAnswer.objects.bulk_update(fresh.stored(changed), JUDGED)
    fresh.store(SurveyAnswer, answers)


def _standing(answer: SurveyAnswer, outcome: int | None, thread: Thread | None, asked_at: datetime | None) -> Standing:
    if answer.deleted_at is not None or outcome in (Outcome.DELETED, Outcome.MERGED):
        return Standing.DELETED
    if answer.excluded or outcome == Outcome.EXCLUDED:
        return Standing.EXCLUDED
    if thread is not None and _unasked(answer, thread, asked_at):
        return Standing.SELLER_STARTED
    return Standing.UNANSWERED if answer.answered_at is None else Standing.COUNTS


def _unasked(answer: SurveyAnswer, thread: Thread, asked_at: datetime | None) -> bool:
    """Whether the seller asked out of the blue. Unknown messages are no evidence of that.

    Amazon asks under each answer to a buyer, so its survey counts as soon as the buyer has written; other surveys are
    about the whole conversation and count where the buyer began it.
    """
    if answer.kind != SurveyKind.SOLVED:
        return thread.buyer_started is False
    asked_at = asked_at or answer.asked_at or answer.answered_at
    if thread.first_message_at is None or asked_at is None:
        return False
    return thread.first_buyer_at is None or thread.first_buyer_at > asked_at


def latest(answer: SurveyAnswer, siblings: Iterable[SurveyAnswer]) -> SurveyAnswer:
    """Of the answers that may count in the same figure for the same conversation, the latest: that one counts there.

    Equals are told apart as the figures do it. Which of them lie in a window is the figure's business.
    """

    def age(one: SurveyAnswer) -> tuple[Any, ...]:
        return one.answered_at, one.external_id, one.system

    rated = answer.kind in RATED
    kinds = RATED if rated else (answer.kind,)
    rivals = (
        one
        for one in siblings
        if one.kind in kinds
        and one.thread_key == answer.thread_key
        and one.standing == Standing.COUNTS
        and (not rated or one.satisfied is not None)
    )
    return max(rivals, key=age, default=answer)
