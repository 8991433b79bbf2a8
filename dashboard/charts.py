"""What a chart gets to draw: labels, shown figures, colours and zones, all decided here. The script only paints."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from math import ceil, floor, log10
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from dashboard import marks, words
from kpis.figures import unripe_from
from kpis.metrics import Coverage, Mean, Metric, Score, Share, Times
from kpis.models import WeekReport
from kpis.official import Stated
from kpis.readings import State
from kpis.targets import AtLeast, Band, Target
from kpis.trends import TrendPoint
from kpis.units import Unit, display
from sellers.models import Note

HOUR = 3600
LABEL_NEEDS = 0.07  # of the axis: in a thinner zone the words would run into those of its neighbour
LABEL_WEEKS = 0.3  # of all weeks: a shorter stretch has no room for the words of its zones
# Reasons of a revision that readers of a chart should know.
CHANGED = (
    WeekReport.Reason.LATE_DATA,
    WeekReport.Reason.CORRECTION,
    WeekReport.Reason.RULE,
    WeekReport.Reason.DEFINITION,
)


def trend_chart(
    metric: Metric,
    points: Sequence[TrendPoint],
    today: date | None = None,
    *,
    small: bool = False,
    official: Sequence[Stated | None] = (),
    platform: str = "",
    noted: Sequence[Note] = (),
    compared: Sequence[TrendPoint | None] = (),
) -> dict[str, Any]:
    """A line of published weeks over the red, yellow and green zones of each week's own rule.

    With `today`, what still ripens on that day is marked. `official` is what the platform itself says of each week,
    drawn beside it as a thin line; `compared` an earlier week for each, drawn as a dashed one; `noted` are the notes
    that are marked in their weeks.
    """
    scale = HOUR if metric.unit is Unit.SECONDS else 1
    values = [None if point.shown is None else point.shown / scale for point in points]
    beside = [None if one is None else float(one.value * metric.unit.scale) / scale for one in official]
    earlier = [None if one is None or one.shown is None else one.shown / scale for one in compared]
    drawn = marks.marks(points, noted, small=small)
    axis = _axis(metric, points, [value for value in (*values, *beside, *earlier) if value is not None], scale)
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
        "words": [str(words.band_word(judged(point), point.band)) for point in points],
        "carried": [point.state is State.CARRIED for point in points],
        "provisional": [point.state is State.PROVISIONAL for point in points],
        "notes": [
            [line for line in (basis(point), *notes(point, today), *map(marks.sentence, of_week)) if line]
            for point, of_week in zip(points, marks.by_week(points, noted), strict=True)
        ],
        "marks": drawn,
        "marksLow": marks.at_the_foot(drawn, _heights(values, axis), small=small),
        "axis": axis,
        "zones": _zones(metric, points, axis, scale, small),
        "breaks": [{"at": at - 0.5, "label": _("New rule")} for at, point in enumerate(points) if point.rule_changed],
        "unripe": _unripe(points, today),
        "official": beside if any(value is not None for value in beside) else None,
        "officialShown": [says(one, platform) for one in official],
        "compared": earlier if any(value is not None for value in earlier) else None,
        "comparedShown": [was(one) for one in compared],
    }


def _heights(values: Sequence[float | None], axis: dict[str, float]) -> list[float | None]:
    """How high each value stands in the chart: 0 at its foot, 1 at its head."""
    low, high = axis["min"], axis["max"]
    return [None if value is None or high == low else (value - low) / (high - low) for value in values]


def signs(chart: dict[str, Any]) -> dict[str, bool]:
    """Which signs the chart shows, so that its legend explains them and no others."""
    return {
        "carried": any(chart["carried"]),
        "provisional": any(chart["provisional"]),
        "unripe": chart["unripe"] is not None,
        "breaks": bool(chart["breaks"]),
        "marks": bool(chart["marks"]),
        "compared": chart["compared"] is not None,
    }


def says(one: Stated | None, platform: str) -> str:
    """What the platform itself says, with its name."""
    if one is None:
        return ""
    return _("%(platform)s says %(figure)s") % {"platform": platform, "figure": one.display}


def was(point: TrendPoint | None) -> str:
    """What an earlier week said, with its day."""
    return "" if point is None else f"{week_title(point)}: {point.display}"


def judged(point: TrendPoint) -> Metric:
    """The metric with the rule that judged this week."""
    return replace(point.metric, rule=point.rule)


def week_title(point: TrendPoint) -> str:
    return _("Week to %(day)s") % {"day": words.long_day(point.ends_on)}


def basis(point: TrendPoint) -> str:
    """How many rows a published figure rests on; of times also their middle and their slowest tenth."""
    n = number_format(point.n)
    if isinstance(point.metric, Share | Coverage) and point.numerator is not None:
        of = number_format(point.denominator or 0)
        return _("%(hits)s of %(n)s") % {"hits": number_format(point.numerator), "n": of}
    if not point.n or not isinstance(point.metric, Times | Mean):
        return ""
    cases = ngettext("%(n)s case", "%(n)s cases", point.n) % {"n": n}
    median, slow = (point.stats or {}).get("median"), (point.stats or {}).get("p90")
    if median is None or slow is None:
        return cases
    return _("%(cases)s, median %(median)s, slowest tenth from %(slow)s") % {
        "cases": cases,
        "median": display(median, point.metric.unit),
        "slow": display(slow, point.metric.unit),
    }


def notes(point: TrendPoint, today: date | None = None) -> list[str]:
    """What a reader should know about a published week besides its figure."""
    found = [_state(point)]
    if point.rule_changed:
        found.append(_("Judged by a new rule from this week on. %(target)s.") % {"target": _rule_words(point)})
    if today is not None and point.value is not None and unripe_from(point.metric, point.window, today):
        found.append(_("Still ripening: cases may still become “%(what)s”.") % {"what": words.turning(point.metric)})
    return [sentence for sentence in found if sentence]


def _state(point: TrendPoint) -> str:
    if point.state is State.CARRIED:
        return words.kept_sentence(point)
    if point.state is State.TOO_FEW:
        return _("Too few cases for a figure")
    if point.state in (State.NO_DATA, State.NOT_IMPORTABLE):
        return _("Nothing was counted")
    if point.state is State.PROVISIONAL:
        return _("Some cases were still open: the week is provisional")
    # That a week ripened is no news: every week with open cases does.
    return str(point.reason.label) if point.reason in CHANGED else ""


def _rule_words(point: TrendPoint) -> str:
    return pgettext("a limit and a window", "%(limit)s, %(days)s") % {
        "limit": words.target_words(judged(point)),
        "days": words.window_days(point.window),
    }


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


def _unripe(points: Sequence[TrendPoint], today: date | None) -> dict[str, Any] | None:
    """From where on the chart's weeks may still change although they are over."""
    if today is None:
        return None
    ripening = [
        at
        for at, point in enumerate(points)
        if point.value is not None and unripe_from(point.metric, point.window, today) is not None
    ]
    return {"from": ripening[0] - 0.5, "label": _("still ripening")} if ripening else None


def _axis(metric: Metric, points: Sequence[TrendPoint], values: Sequence[float], scale: int) -> dict[str, float]:
    """Round ends that hold every value and show where red begins, by the rule of each week."""
    targets = [point.rule.target for point in points] or [metric.rule.target]
    limits = [float(target.limit) / scale for target in targets if target is not None]
    if isinstance(metric, Score):
        bottom = min([4, *(floor(value) for value in values)])
        return {"min": bottom, "max": 10, "step": 1 if bottom == 4 else 2}
    if isinstance(targets[-1], AtLeast) and metric.unit is Unit.RATE and limits:
        low = min([*(limit - 5 for limit in limits), *values])
        step = _step(100 - low)
        return {"min": max(0, floor(low / step) * step), "max": 100, "step": step}
    top = max([*(1.25 * limit for limit in limits), *(1.1 * value for value in values), 0]) or 1
    step = _step(top)
    if metric.unit is Unit.COUNT:
        step = max(1, ceil(step))
    return {"min": 0, "max": ceil(top / step) * step, "step": step}


def _step(length: float) -> float:
    """A round distance that divides an axis of this length into four to eight parts."""
    rough = length / 5
    magnitude = 10.0 ** floor(log10(rough))
    return next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)


def _zones(
    metric: Metric, points: Sequence[TrendPoint], axis: dict[str, float], scale: int, small: bool
) -> list[dict[str, Any]]:
    """The coloured zones of each stretch of weeks that one target judged; the ends reach to the edges of the chart."""
    weeks = [(at, point.rule.target) for at, point in enumerate(points)] or [(0, metric.rule.target)]
    stretches = [(target, list(run)) for target, run in groupby(weeks, key=lambda week: week[1])]
    zones: list[dict[str, Any]] = []
    for number, (target, run) in enumerate(stretches):
        if target is None:
            continue
        labelled = not small and len(run) >= LABEL_WEEKS * len(weeks)
        for zone in _zones_of(metric, target, axis, scale, labelled):
            first, last = run[0][0] - 0.5, run[-1][0] + 0.5
            ends = {
                "start": None if number == 0 else first,
                "end": None if number == len(stretches) - 1 else last,
            }
            zones.append({**zone, **ends})
    return zones


def _zones_of(
    metric: Metric, target: Target, axis: dict[str, float], scale: int, labelled: bool
) -> list[dict[str, Any]]:
    limit, goal = float(target.limit) / scale, float(target.goal) / scale
    low, high = axis["min"], axis["max"]
    if isinstance(target, AtLeast):
        ends = ((Band.RED, low, limit), (Band.YELLOW, limit, goal), (Band.GREEN, goal, high))
    else:
        ends = ((Band.GREEN, low, goal), (Band.YELLOW, goal, limit), (Band.RED, limit, high))
    labels = words.zone_words(metric, target)
    room = (high - low) * LABEL_NEEDS
    return [
        {
            "band": band.value,
            "from": start,
            "to": end,
            "label": labels[band] if labelled and end - start >= room else "",
        }
        for band, start, end in ends
        if end > start
    ]
