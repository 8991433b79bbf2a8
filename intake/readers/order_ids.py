"""IDs of orders that people write into subjects and texts."""

import re

# Three groups of digits; nothing but a digit beside it makes it something else: it may stand directly after a word.
_AMAZON = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])", re.ASCII)


def amazon_order_ids(*texts: str | None) -> list[str]:
    """Amazon's order IDs in the first of these texts that names any, each once."""
    for text in texts:
        if found := _AMAZON.findall(text or ""):
            return list(dict.fromkeys(found))
    return []
