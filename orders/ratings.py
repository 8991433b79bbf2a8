"""Which rating of an order stands: one for each order, the latest. Pure.

Source: https://sellercentral.amazon.com/gp/help/external/help.html?itemID=97692EVY8H3CZY9&language=en-US
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from orders.models import Feedback, RatingStanding

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def rating_standings(ratings: Sequence[Feedback]) -> list[RatingStanding]:
    """The standing of each of the ratings of one order, or of a single rating that names no order.

    A later rating takes the place of an earlier one, also when it was removed: removing it brings nothing back. What
    was deleted at the source, or excluded by a person, replaces nothing.
    """
    valid = [row for row in ratings if row.deleted_at is None and not row.excluded]
    newest = max(valid, key=_age, default=None)
    return [_standing(row, newest) for row in ratings]


def _standing(row: Feedback, newest: Feedback | None) -> RatingStanding:
    if row.deleted_at is not None:
        return RatingStanding.DELETED
    if row.excluded:
        return RatingStanding.EXCLUDED
    if row.removed_at is not None:
        return RatingStanding.REMOVED
    return RatingStanding.COUNTS if row is newest else RatingStanding.REPLACED


def _age(row: Feedback) -> tuple[object, ...]:
    """By day, then by the moment within it where one is known; ties are broken the same way everywhere."""
    return row.day, row.rated_at or LONG_AGO, row.external_id, row.system
