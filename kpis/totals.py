"""Day totals as they are read: running sums, from which any window is one subtraction."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate

from django.db.models import OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast

from kpis.engine import Layout, Sums
from kpis.metrics import Window
from kpis.models import DayTotal
from sellers.models import SellerAccount


class Running:
    """The day totals of one account and fact, in the order of days; a part is added up when it is first asked for."""

    def __init__(self, days: Sequence[date] = (), sums: Iterable[Sums] = ()) -> None:
        self.days = days
        # By part: a list for each day, kept, would have the garbage collector go through all of them again and again.
        self._columns = list(zip(*sums, strict=True))
        self._added: dict[int, list[int]] = {}
        self._places: dict[Window, tuple[int, int]] = {}

    def added(self, position: int) -> list[int]:
        """The running sum of one part: what its first so many days add up to."""
        added = self._added.get(position)
        if added is None:
            column = self._columns[position] if self.days else ()
            added = self._added[position] = list(accumulate(column, initial=0))
        return added

    def place(self, window: Window) -> tuple[int, int]:
        """Where the window begins and ends in every running sum."""
        place = self._places.get(window)
        if place is None:
            place = bisect_left(self.days, window.first), bisect_right(self.days, window.last)
            self._places[window] = place
        return place


NOTHING = Running()


def load_totals(account_ids: Sequence[int], reaches: Mapping[Layout, Window]) -> dict[tuple[int, str], Running]:
    """The stored day totals of some accounts, of each layout's days, by (account id, fact), in one query.

    Days that were counted by another recipe are absent: their sums mean something else, and the sweep recounts them.
    """
    found: dict[tuple[int, str], tuple[list[date], list[str]]] = {}
    asked = Q(pk__in=[])
    for layout, reach in reaches.items():
        asked |= Q(fact=layout.fact.slug, recipe=layout.recipe, day__range=(reach.first, reach.last))
    asked_rows = DayTotal.objects.filter(asked, account__among=account_ids).order_by("day")
    # As text, and read as one JSON list for each account and fact: a parse for every day takes several times as long.
    rows = asked_rows.values_list("account_id", "fact", "day", Cast("sums", TextField()))
    for account_id, fact, day, sums in rows:
        days, texts = found.setdefault((account_id, fact), ([], []))
        days.append(day)
        texts.append(sums)
    return {key: Running(days, json.loads(f"[{','.join(texts)}]")) for key, (days, texts) in found.items()}


def first_days(account_ids: Collection[int], facts: Collection[str]) -> dict[tuple[int, str], date]:
    """The first counted day of each account and fact; absent where nothing of the kind has come in.

    One query that looks up one index entry for each pair, however long the history is.
    """
    totals = DayTotal.objects.filter(account=OuterRef("pk")).order_by("day").values("day")
    names = {f"first_{number}": fact for number, fact in enumerate(sorted(facts))}
    firsts = {name: Subquery(totals.filter(fact=fact)[:1]) for name, fact in names.items()}
    rows = SellerAccount.objects.filter(id__among=account_ids).order_by().annotate(**firsts).values("id", *names)
    return {(row["id"], fact): row[name] for row in rows for name, fact in names.items() if row[name] is not None}
