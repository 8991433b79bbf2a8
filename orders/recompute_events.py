"""Writes the verdicts of returns and ratings, in the transaction of every write that touches them or their order."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from orders.models import Feedback, Order, Return
from orders.ratings import rating_standings
from orders.returns import return_verdicts
from sellers.facts import assign
from sellers.locks import lock_for_writing
from sellers.models import SellerAccount

CHUNK = 1000  # orders or rows read at once: a few thousand rows in memory

RETURN_VERDICTS = tuple(name for name in Return.derived if name != "day")
RATING_VERDICTS = tuple(name for name in Feedback.derived if name != "day")


def recompute_returns(account: SellerAccount, keys: Collection[int], now: datetime) -> None:
    """The verdicts of these returns, as of `now`."""
    lock_for_writing(account.id)
    for piece in _pieces(keys):
        rows = list(Return.objects.filter(account=account, pk__among=piece))
        wanted = {row.order_external_id for row in rows if row.order_external_id}
        orders = Order.objects.filter(account=account, external_id__among=wanted)
        _of_account(account, rows)
        Return.objects.bulk_update(judge_returns(rows, orders, now), RETURN_VERDICTS)


def recompute_ratings(account: SellerAccount, keys: Collection[int]) -> None:
    """The standing of these ratings, none of which names an order."""
    lock_for_writing(account.id)
    for piece in _pieces(keys):
        rows = list(Feedback.objects.filter(account=account, pk__among=piece))
        _of_account(account, rows)
        Feedback.objects.bulk_update(judge_ratings([row] for row in rows), RATING_VERDICTS)


def _pieces(keys: Collection[int]) -> Iterator[list[int]]:
    wanted = sorted(set(keys))
    return (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))


def _of_account(account: SellerAccount, rows: Iterable[Return | Feedback]) -> None:
    for row in rows:
        row.account = account


def judge_returns(rows: Iterable[Return], orders: Iterable[Order], now: datetime) -> list[Return]:
    """Bring these returns in line with what is known of their orders, in memory; returns those that changed."""
    by_id: dict[str, Order] = {}
    # Two systems may use one ID; the order that came first is meant.
    for order in sorted(orders, key=attrgetter("id")):
        by_id.setdefault(order.external_id, order)
    return [row for row in rows if assign(row, return_verdicts(row, by_id.get(row.order_external_id), now))]


def judge_ratings(groups: Iterable[Sequence[Feedback]]) -> list[Feedback]:
    """Bring ratings in line with one another, in memory, each group those of one order; returns those that changed."""
    return [
        row
        for ratings in groups
        for row, standing in zip(ratings, rating_standings(ratings), strict=True)
        if assign(row, {"standing": standing})
    ]
