"""Worked examples of returns. The report day is Monday, 19 January 2026; it is Tuesday noon; the shop is in UTC."""

from datetime import date
from fractions import Fraction
from itertools import count
from typing import Any

from orders.models import Return
from orders.recompute_events import recompute_returns
from sellers.models import SellerAccount
from tests.examples import Example
from tests.makers import NOW, at

MONDAY = date(2026, 1, 19)
_numbers = count(1)


def sent_back(account: SellerAccount, requested: str = "", **values: Any) -> Return:
    """A request to the seller; "2026-01-12" is known by its day only, "2026-01-12 10:00" by its moment."""
    column = "requested_on" if len(requested) == 10 else "requested_at"
    asked = {column: date.fromisoformat(requested) if len(requested) == 10 else at(requested)} if requested else {}
    for name, value in values.items():
        values[name] = at(value) if name.endswith("_at") and isinstance(value, str) else value
    now = values.pop("now", NOW)
    row = Return.objects.create(
        account=account,
        system="test",
        external_id=f"r-{next(_numbers)}",
        **{"fulfilled_by": "merchant", **asked, **values},
    )
    recompute_returns(account, [row.pk], now)
    row.refresh_from_db()
    return row


def mixed(account: SellerAccount) -> None:
    sent_back(account, "2026-01-12 10:00", responded_at="2026-01-14 10:00:00")
    sent_back(account, "2026-01-12 10:00", responded_at="2026-01-14 10:00:01", buyer_solved=False)
    sent_back(account, "2026-01-12 10:00")
    sent_back(account, "2026-01-13 10:00", auto_authorized=True, buyer_solved=False)
    sent_back(account, "2026-01-13 10:00", responded_at="2026-01-13 11:00", status="rejected", in_policy=True)
    sent_back(account, "2026-01-13 10:00", responded_at="2026-01-13 11:00", status="rejected", in_policy=False)
    sent_back(account, "2026-01-14 10:00", responded_at="2026-01-14 11:00", status="rejected")
    sent_back(account, "2026-01-14 10:00", status="approved")
    sent_back(account, "2026-01-19 10:00")
    sent_back(account, "2026-01-14 10:00", fulfilled_by="marketplace")
    sent_back(account, received_on=date(2026, 1, 14))
    sent_back(account, "2025-12-21 10:00")
    sent_back(account, "2025-12-20 10:00")


MIXED = (
    "13 returns, the last one before 21 December, the first of 30 days. In time: answered after 48:00:00; authorised "
    "automatically (the buyer says it was not resolved); turned down outside the policy; turned down within it. Late: "
    "after 48:00:01 (not resolved either); two unanswered ones. Unknown: turned down without a word about the policy; "
    "approved nobody knows when. Left out besides: 26 hours old; handled by the marketplace; only its receipt is "
    "known. "
)

EXAMPLES = {
    example.slug: example
    for example in (
        Example(
            "return_dissatisfaction_rate", mixed, MONDAY, Fraction(5, 7), 5, 7, 7, 5, 2, 5,
            MIXED + "Fault: 3 late (one unresolved as well), the unresolved one in time, the one within the policy.",
        ),
        Example(
            "return_dissatisfaction_rate_7d", mixed, MONDAY, Fraction(2, 3), 2, 3, 3, 2, 1, 5,
            MIXED + "From the 13th: unresolved, within the policy, outside the policy; 5 left out.",
        ),
        Example(
            "return_dissatisfaction_rate_90d", mixed, MONDAY, Fraction(6, 8), 6, 8, 8, 6, 2, 5,
            MIXED + "With the unanswered one of 20 December.",
        ),
        Example(
            "return_negative_feedback_rate", mixed, MONDAY, Fraction(2, 9), 2, 9, 9, 2, 7, 3,
            MIXED + "The unknown ones count here: 2 of 9.",
        ),
        Example(
            "return_late_response_rate", mixed, MONDAY, Fraction(3, 8), 3, 8, 8, 3, 5, 4,
            MIXED + "The one of unknown policy was answered in time: 3 of 8.",
        ),
        Example(
            "return_invalid_rejection_rate", mixed, MONDAY, Fraction(1, 8), 1, 8, 8, 1, 7, 4,
            MIXED + "The one approved nobody knows when was not turned down: 1 of 8.",
        ),
    )
}  # fmt: skip
