"""What a chart gets to draw: labels, shown figures, colours and zones, all decided here. The script only paints."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dashboard import words
from kpis.metrics import Metric, Score
from kpis.models import WeekReport
from kpis.readings import State
from kpis.targets import AtLeast, Band, Target
from kpis.trends import TrendPoint
from kpis.units import Unit

HOUR = 3600
LABEL_NEEDS = 0.07  # of the axis: in a thinner zone the words would run into those of its neighbour
# Reasons of a revision that readers of a chart should know.
CHANGED = (WeekReport.Reason.LATE_DATA, WeekReport.Reason.DEFINITION)


def trend_chart(metric: Metric, points: Sequence[TrendPoint], *, small: bool = False) -> dict[str, Any]:
    """A line of published weeks over red, yellow and green zones."""
    scale = HOUR if metric.unit is Unit.SECONDS else 1
    values = [None if point.shown is None else point.shown / scale for point in points]
    axis = _axis(metric, [value for value in values if value is not None], scale)
    return {
        "name": str(metric.title),
        "language": get_language(),
        "suffix": {Unit.RATE: "%", Unit.SECONDS: _(" h")}.get(metric.unit, ""),
        "small": small,
        "labels": [words.short_day(point.ends_on) for point in points],
        "titles": [week_title(point) for point in points],
        "values": values,
        "shown": [point.display for point in points],
        "bands": [point.band.value for point in points],
        "words": [str(words.band_word(metric, point.band)) for point in points],
        "carried": [point.state is State.CARRIED for point in points],
        "notes": [[line for line in (basis(point), note(point)) if line] for point in points],
        "axis": axis,
        "zones": _zones(metric, axis, scale, small),
    }


def week_title(point: TrendPoint) -> str:
    return _("Week to %(day)s") % {"day": words.long_day(point.ends_on)}


def basis(point: TrendPoint) -> str:
    """How many rows a published figure rests on."""
    n = number_format(point.n, force_grouping=True)
    if point.numerator is None or point.metric.unit is Unit.SECONDS:
        return ngettext("%(n)s case", "%(n)s cases", point.n) % {"n": n} if point.n else ""
    return _("%(hits)s of %(n)s") % {"hits": number_format(point.numerator, force_grouping=True), "n": n}


def note(point: TrendPoint) -> str:
    """What a reader should know about a published week besides its figure."""
    if point.state is State.CARRIED:
        return words.kept_sentence(point)
    if point.state is State.TOO_FEW:
        return _("Too few answers for a figure")
    if point.state is State.NO_DATA:
        return _("Nothing was counted")
    # That a week ripened is no news: every week with open cases does.
    return str(point.reason.label) if point.reason in CHANGED else ""


def finding(metric: Metric, points: Sequence[TrendPoint]) -> str:
    """What a chart shows, in a sentence for those who do not see it."""
    known = [point for point in points if point.value is not None]
    if not known:
        return _("%(metric)s: no published week yet.") % {"metric": metric.title}
    return _("%(metric)s by week, from %(first)s in the week to %(start)s to %(last)s in the week to %(end)s.") % {
        "metric": metric.title,
        "first": known[0].display,
        "start": words.short_day(known[0].ends_on),
        "last": known[-1].display,
        "end": words.long_day(known[-1].ends_on),
    }


def _axis(metric: Metric, values: Sequence[float], scale: int) -> dict[str, float]:
    """Round ends that hold every value and show where red begins."""
    target = metric.rule.target
    limit = None if target is None else float(target.limit) / scale
    if isinstance(metric, Score):
        bottom = min([4, *(floor(value) for value in values)])
        return {"min": bottom, "max": 10, "step": 1 if bottom == 4 else 2}
    if isinstance(target, AtLeast) and metric.unit is Unit.RATE and limit is not None:
        low = min([limit - 5, *values])
        step = _step(100 - low)
        return {"min": max(0, floor(low / step) * step), "max": 100, "step": step}
    top = max([1.25 * limit if limit else 0, *(1.1 * value for value in values)]) or 1
    step = _step(top)
    return {"min": 0, "max": ceil(top / step) * step, "step": step}


def _step(length: float) -> float:
    """A round distance that divides an axis of this length into four to eight parts."""
    rough = length / 5
    magnitude = 10.0 ** floor(log10(rough))
    return next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)


def _zones(metric: Metric, axis: dict[str, float], scale: int, small: bool) -> list[dict[str, Any]]:
    target: Target | None = metric.rule.target
    if target is None:
        return []
    limit, goal = float(target.limit) / scale, float(target.goal) / scale
    low, high = axis["min"], axis["max"]
    if isinstance(target, AtLeast):
        ends = ((Band.RED, low, limit), (Band.YELLOW, limit, goal), (Band.GREEN, goal, high))
    else:
        ends = ((Band.GREEN, low, goal), (Band.YELLOW, goal, limit), (Band.RED, limit, high))
    labels = words.zone_words(metric, target)
    room = (high - low) * LABEL_NEEDS
    return [
        {"band": band.value, "from": start, "to": end, "label": "" if small or end - start < room else labels[band]}
        for band, start, end in ends
        if end > start
    ]
