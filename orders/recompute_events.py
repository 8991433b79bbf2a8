"""Writes the verdicts of returns and ratings, in the transaction of every write that touches them or their order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from orders.models import Feedback, Order, Return
from orders.ratings import rating_standings
from orders.returns import return_verdicts
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

CHUNK = 500  # orders or rows read at once: a few thousand rows in memory

RETURN_VERDICTS = tuple(name for name in Return.derived if name != "day")


def recompute_events(account: SellerAccount, order_ids: Collection[str], now: datetime) -> None:
    """The verdicts of everything about these orders that has verdicts of its own, as of `now`."""
    _judge_returns(account, Return.objects.filter(account=account, order_external_id__among=order_ids), now)
    _judge_ratings(account, Feedback.objects.filter(account=account, order_external_id__among=order_ids))


def recompute_returns(account: SellerAccount, keys: Collection[int], now: datetime) -> None:
    """The verdicts of these returns, as of `now`."""
    lock_for_writing(account.id)
    for piece in _pieces(keys):
        _judge_returns(account, Return.objects.filter(account=account, pk__among=piece), now)


def recompute_ratings(account: SellerAccount, keys: Collection[int]) -> None:
    """The standing of these ratings, none of which names an order."""
    lock_for_writing(account.id)
    for piece in _pieces(keys):
        _judge_ratings(account, Feedback.objects.filter(account=account, pk__among=piece))


def _pieces(keys: Collection[int]) -> Iterator[list[int]]:
    wanted = sorted(set(keys))
    return (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))


def _judge_returns(account: SellerAccount, rows: Iterable[Return], now: datetime) -> None:
    rows = list(rows)
    wanted = {row.order_external_id for row in rows if row.order_external_id}
    # Two systems may use one ID; the order that came first is meant.
    orders: dict[str, Order] = {}
    for order in Order.objects.filter(account=account, external_id__among=wanted).order_by("pk"):
        orders.setdefault(order.external_id, order)
    changed = []
    for row in rows:
        row.account = account
        verdicts = return_verdicts(row, orders.get(row.order_external_id), now)
        if any(getattr(row, name) != value for name, value in verdicts.items()):
            for name, value in verdicts.items():
                setattr(row, name, value)
            changed.append(row)
    Return.objects.bulk_update(changed, RETURN_VERDICTS)


def _judge_ratings(account: SellerAccount, rows: Iterable[Feedback]) -> None:
    of_order: dict[tuple[str, int], list[Feedback]] = defaultdict(list)
    for row in rows:
        row.account = account
        of_order[row.order_external_id, 0 if row.order_external_id else row.pk].append(row)
    changed = []
    for ratings in of_order.values():
        for row, standing in zip(ratings, rating_standings(ratings), strict=True):
            if row.standing != standing:
                row.standing = standing
                changed.append(row)
    Feedback.objects.bulk_update(changed, ["standing"])
