"""How sentences and names follow one another: with spaces and commas, in Chinese without and with others."""

from collections.abc import Iterable
from functools import reduce

from django.utils.translation import pgettext


def sentences(said: Iterable[str]) -> str:
    """Those that say something, one after another."""
    pair = pgettext("two sentences", "%(first)s %(second)s")
    some = [one for one in said if one]
    return reduce(lambda first, second: pair % {"first": first, "second": second}, some) if some else ""


def names(listed: Iterable[object]) -> str:
    """The members of a list."""
    return pgettext("between the names of a list", ", ").join(map(str, listed))
