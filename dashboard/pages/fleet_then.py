"""The fleet beside an earlier time: from which day each account's figures come, and how it is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from dashboard import words
from dashboard.pages.compare import PREVIOUS, YEAR, YEAR_WEEKS
from kpis.metrics import Text, Window

WEEKS_BEFORE = {PREVIOUS: 4, YEAR: YEAR_WEEKS}  # whole weeks, so that a day meets its like


@dataclass(frozen=True)
class Then:
    """The report day of each account, and the earlier one it is compared with."""

    choice: str
    on: Mapping[int, date]

    @property
    def days(self) -> dict[int, date]:
        """The earlier day of each account."""
        earlier = timedelta(weeks=WEEKS_BEFORE[self.choice])
        return {account_id: day - earlier for account_id, day in self.on.items()}

    @property
    def sentence(self) -> str:
        """Which days are compared. Accounts in other zones may be a day apart."""
        if not self.on:
            return ""
        said = {"now": _together(self.on), "then": _together(self.days)}
        return _("%(now)s against %(then)s; of weekly scores, the last week that was over.") % said


def then_of(choice: str, on: Mapping[int, date]) -> Then | None:
    """The earlier time that the address asks for; None where it asks for none."""
    return Then(choice, on) if choice in WEEKS_BEFORE else None


def then_options() -> list[tuple[str, Text]]:
    """What a fleet can be compared with; the first switches it off."""
    return [("", _("Nothing")), (PREVIOUS, _("Four weeks before")), (YEAR, _("A year before"))]


def _together(days: Mapping[int, date]) -> str:
    first, last = min(days.values()), max(days.values())
    return words.long_day(last) if first == last else words.span(Window(first, last))
