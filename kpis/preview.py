"""What a change would move: made, counted and read by the same engine, in a transaction that is always rolled back.

Before comes what waits anyway: marks and passed deadlines are counted first, so that only the change itself is seen.
How long that takes is in docs/decisions/0018-previews-are-rolled-back.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kpis.catalogue import DECLARED
from kpis.figures import Reading
from kpis.metrics import Metric
from kpis.readings import Span
from kpis.sweep import sweep_account
from kpis.weeks import latest_reports, touched_weeks
from sellers.days import last_complete_day
from sellers.locks import lock_for_counting, lock_for_writing
from sellers.marks import Mark
from sellers.models import SellerAccount


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that the change would move, on the last day of a published week or on the current report day."""

    metric: Metric
    on: date
    before: Reading
    after: Reading


@dataclass(frozen=True, slots=True)
class Preview:
    """The figures that would move, by day and then in the catalogue's order."""

    moves: list[Move]
    weeks: list[date]  # last days of the published weeks of which a figure moves
    days: list[date]  # days that would be counted anew
    report_day: date

    @property
    def now(self) -> list[Move]:
        """What would move on the current report day."""
        return [move for move in self.moves if move.on == self.report_day]

    @property
    def published(self) -> list[Move]:
        """What would move in published weeks, the newest first."""
        weeks = set(self.weeks)
        return sorted((move for move in self.moves if move.on in weeks), key=lambda move: -move.on.toordinal())


def preview(account: SellerAccount, change: Callable[[], Any], now: datetime) -> Preview:
    """What `change` would move in this account; nothing of it remains. Whatever it raises is raised here, too."""
    report_day = last_complete_day(now, account.zone)
    with transaction.atomic():
        # Other sweeps leave this account to their next run; what they are counting now is waited for.
        lock_for_counting(account.id)
        # Rolling the change back gives up the locks it took; both readings must see the same rows.
        lock_for_writing(account.id)
        sweep_account(account, now)
        published = sorted(latest_reports(account))
        with transaction.atomic():
            change()
            touched = set(Mark.objects.filter(account=account).values_list("fact", "day"))
            sweep_account(account, now)
            weeks = touched_weeks(account, published, touched)
            on = sorted({*weeks, report_day})
            after = _readings(account, on)
            transaction.set_rollback(True)
        before = _readings(account, on)
        transaction.set_rollback(True)
    moves = [
        Move(new.metric, day, old, new)
        for day in on
        for old, new in zip(before[day], after[day], strict=True)
        if _seen(old) != _seen(new)
    ]
    moved = {move.on for move in moves}
    return Preview(moves, sorted(moved & weeks), sorted({day for _fact, day in touched}), report_day)


def _readings(account: SellerAccount, on: Sequence[date]) -> dict[date, list[Reading]]:
    span = Span([account], DECLARED, {account.id: on[-1]}, first=on[0])
    return {day: span.readings(account, day) for day in on}


def _seen(reading: Reading) -> tuple[Any, ...]:
    """All of a figure for which a published week is revised."""
    return (
        reading.value, reading.numerator, reading.denominator, reading.n, reading.band, reading.state, reading.window,
        reading.carried_from, reading.counted_now, reading.stats,
    )  # fmt: skip
