"""Which orders a conversation is about, told to the orders: they may not look into messaging themselves."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import chain

from django.db import DEFAULT_DB_ALIAS

from intake.pieces import in_pieces
from messaging.events import left_out
from messaging.models import Conversation
from orders.models import Mention
from sellers.blank import blank
from sellers.bulk import insert_rows, update_rows
from sellers.models import SellerAccount


def write_mentions(
    account: SellerAccount, conversation_ids: Collection[int], new: Mapping[int, Conversation] = {}
) -> set[str]:
    """Bring the mentions of these conversations in line with them; returns the IDs of the orders that this concerns.

    Of those that this transaction has brought, `new` are the rows: nothing has mentioned anything for them before.

    A conversation in which nothing counts mentions nothing: deleted, excluded, spam. One that was merged mentions its
    orders on behalf of the one it was merged into, so the mentions of those merged into these follow, too. Call after
    the messages have been read, in the same transaction: they say who started it.
    """
    stored: dict[int, dict[str, Mention]] = defaultdict(dict)
    wanted: dict[int, dict[str, bool]] = {key: _mentioned(row) for key, row in new.items()}
    for piece in in_pieces(sorted(_with_merged(account, {*conversation_ids} - new.keys()))):
        for mention in Mention.objects.filter(account=account, conversation_id__among=piece):
            stored[mention.conversation_id][mention.order_external_id] = mention
        rows = Conversation.objects.filter(account=account, id__among=piece).select_related("merged_into").only(*READ)
        wanted.update((row.id, _mentioned(row)) for row in rows)
    added: list[Mention] = []
    turned: list[Mention] = []
    gone: list[Mention] = []
    for conversation_id in sorted({*stored, *wanted}):
        orders = wanted.get(conversation_id, {})
        for order, by_buyer in sorted(orders.items()):
            known = stored[conversation_id].get(order)
            if known is None:
                mention = blank(Mention, account)
                mention.order_external_id, mention.conversation_id = order, conversation_id
                mention.by_buyer = by_buyer
                added.append(mention)
            elif known.by_buyer != by_buyer:
                known.by_buyer = by_buyer
                turned.append(known)
        gone += [mention for order, mention in stored[conversation_id].items() if order not in orders]
    insert_rows(Mention, added, DEFAULT_DB_ALIAS)
    update_rows(Mention, turned, ["by_buyer"], DEFAULT_DB_ALIAS)
    for piece in in_pieces([mention.pk for mention in gone]):
        Mention.objects.filter(pk__among=piece).delete()
    return {mention.order_external_id for mention in chain(added, turned, gone)}


SAYS = ("deleted_at", "excluded", "merged_into", "status", "buyer_started")
READ = ("order_external_ids", *SAYS, *(f"merged_into__{name}" for name in SAYS))


def _with_merged(account: SellerAccount, conversation_ids: Collection[int]) -> set[int]:
    """These conversations and those that were merged into them; nothing is merged into one that was itself merged."""
    found = set(conversation_ids)
    for piece in in_pieces(sorted(conversation_ids)):
        merged = Conversation.objects.filter(account=account, merged_into_id__among=piece)
        found.update(merged.values_list("id", flat=True))
    return found


def _mentioned(row: Conversation) -> dict[str, bool]:
    """The orders that a conversation mentions, each with whether the buyer started it."""
    counted = row.merged_into or row
    if row.deleted_at is not None or left_out(counted) is not None:
        return {}
    return {order: bool(counted.buyer_started) for order in row.order_external_ids}
