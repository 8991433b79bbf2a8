"""What the readers of Amazon's files have in common: sums and flags over rows, and a few of Amazon's own words."""

from collections.abc import Sequence
from decimal import Decimal

from intake.readers.cells import Cells
from intake.readers.records import item, record

__all__ = ["MARKETPLACES", "SYSTEM", "any_flag", "item", "record", "summed"]

SYSTEM = "amazon"

# Marketplace IDs and the countries they are for: .../Amazon-SP-API-CSharp/.../Utils/MarketPlace.cs and
# https://developer-docs.amazon.com/sp-api/docs/marketplace-ids
MARKETPLACES = {
    "ATVPDKIKX0DER": "US", "A2EUQ1WTGCTBG2": "CA", "A1AM78C64UM0Y8": "MX", "A2Q3Y263D00KWC": "BR",
    "A1F83G8C2ARO7P": "UK", "A1PA6795UKMFR9": "DE", "A13V1IB3VIYZZH": "FR", "APJ6JRA9NG5V4": "IT",
    "A1RKKUPIHCS9HS": "ES", "A1805IZSGTT6HS": "NL", "A2NODRKZP88ZB9": "SE", "A1C3SOZRARQ6R3": "PL",
    "AMEN7PMS3EDWL": "BE", "A28R8C7NBKEWEA": "IE", "A33AVAJ2PDY3EV": "TR", "A2VIGQ35RCS4UG": "AE",
    "A17E79C6D8DWNP": "SA", "ARBP9OOSHTCHU": "EG", "A21TJRUUN4KGV": "IN", "A1VC38T7YXB528": "JP",
    "A39IBJ37TRP1C6": "AU", "A19VAU5U5O7RUS": "SG",
}  # fmt: skip


def summed(rows: Sequence[Cells], column: str) -> str | None:
    """The sum of an amount over rows; None where no row has one."""
    amounts = [Decimal(amount) for row in rows if (amount := row.number(column)) is not None]
    return str(sum(amounts)) if amounts else None


def any_flag(rows: Sequence[Cells], column: str) -> bool | None:
    """Whether any row says yes; None where no row says anything."""
    flags = [flag for row in rows if (flag := row.flag(column)) is not None]
    return any(flags) if flags else None
