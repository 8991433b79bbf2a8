"""What accounts differ in beside their figures, and which of them an address names by it."""

from collections.abc import Callable, Mapping, Sequence

from dashboard.access import named_like
from sellers.models import SellerAccount

TRAITS: dict[str, Callable[[SellerAccount], str]] = {
    "platform": lambda account: account.platform,
    "marketplace": lambda account: account.marketplace,
    "team": lambda account: account.team,
    "owner": lambda account: account.owner.username if account.owner else "",
}


def matching(accounts: Sequence[SellerAccount], wanted: Mapping[str, str], words: str) -> list[SellerAccount]:
    """Those that have every trait that is asked for and whose name holds the words; an empty wish asks for nothing."""
    asked = {trait: value for trait, value in wanted.items() if value}
    found = [one for one in accounts if all(TRAITS[trait](one) == value for trait, value in asked.items())]
    return named_like(found, words)
