"""Small pieces of every page: signs, arrows, sparklines, limits of a scale. Geometry only; figures come in finished."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dashboard import joining, words
from dashboard.cards import Card
from kpis.changes import Evidence, evidence
from kpis.metrics import Score, Share
from kpis.readings import Reading
from kpis.targets import AtLeast
from kpis.trends import TrendPoint
from sellers.days import zone_names

register = template.Library()

WIDTH, HEIGHT, EDGE = 96, 32, 4


@register.inclusion_tag("dashboard/_sparkline.html")
def sparkline(card: Card) -> dict[str, Any]:
    """The card's weeks as a small line: gaps stay gaps, the last figure carries its colour as a shape.

    The line is faint where its ends differ by no more than chance.
    """
    metric, line = card.metric, card.line
    known = [(index, figure, figure.value) for index, figure in enumerate(line) if figure.value is not None]
    if len(known) < 2:
        return {"empty": True}
    target = card.reading.rule.target
    limit = None if target is None else float(target.limit)
    first, newest = known[0][1], known[-1][1]
    calm = evidence(first, newest) is Evidence.CHANCE
    heights = {index: float(value * metric.unit.scale) for index, _figure, value in known}
    # Scores share one scale, so that rows of a table can be compared; other figures fill theirs.
    floor, ceiling = (5.0, 9.0) if isinstance(metric, Score) else (heights[known[0][0]],) * 2
    low, high = min(floor, *heights.values()), max(ceiling, *heights.values())

    def x(index: int) -> float:
        return round(EDGE + index * (WIDTH - 2 * EDGE) / (len(line) - 1), 1)

    def y(height: float) -> float:
        share = (height - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)

    steps = [f"{'L' if index - 1 in heights else 'M'}{x(index)} {y(height)}" for index, height in heights.items()]
    last = known[-1][0]
    label = _("%(metric)s over %(weeks)d weeks, from %(first)s to %(last)s") % {
        "metric": metric.title,
        "weeks": len(card.points),
        "first": first.display,
        "last": newest.display,
    }
    return {
        "path": "".join(steps),
        "limit": y(limit) if limit is not None and low <= limit <= high else None,
        "x": x(last),
        "y": y(heights[last]),
        "band": newest.band.value,
        "calm": calm,
        "label": _("%(sentence)s: about the same") % {"sentence": label} if calm else label,
    }


@register.inclusion_tag("dashboard/_interval.html")
def interval(card: Card) -> dict[str, Any]:
    """Where the true value lies with 95 % confidence, as a thin bar with the value and the limit.

    The bar shows the part of the scale that interval and limit need: half a per cent beside a limit of one would
    be a dot on a scale up to a hundred.
    """
    reading = card.reading
    found, value = reading.interval, reading.value
    if found is None or value is None:
        raise ValueError(f"{reading.metric.slug} has no interval to draw")
    low, high = found
    limit = None if reading.limit is None else float(reading.limit)
    whole = float(reading.metric.base) if isinstance(reading.metric, Share) else 1.0
    marks = [low, high] if limit is None else [low, high, limit]
    if isinstance(reading.metric, Score):
        start, end = 0.0, whole
    elif isinstance(reading.rule.target, AtLeast):
        start, end = max(0.0, whole - 1.25 * (whole - min(marks))), whole
    else:
        start, end = 0.0, min(whole, 1.25 * max(marks))

    def x(value: float) -> float:
        return round((value - start) / (end - start) * 100, 1) if end > start else 50.0

    return {
        "low": x(low),
        "width": max(1.0, round(x(high) - x(low), 1)),
        "now": x(float(value)),
        "limit": None if limit is None else x(limit),
        "band": reading.band.value,
        "label": words.interval_sentence(reading),
    }


@register.inclusion_tag("dashboard/_scale.html")
def scale(now: Reading, before: TrendPoint | None) -> dict[str, Any]:
    """The score's 0 to 10 with its three colours, today's mark and last week's, and the 95 % interval as a thin bar."""
    target = now.rule.target
    if target is None:
        raise ValueError(f"{now.metric.slug} has no target, so its scale has no colours to show")
    limit, goal = float(target.limit), float(target.goal)
    earlier = None if before is None else before.shown
    return {
        "limit": limit,
        "goal": goal,
        "red": limit * 10 - 0.6,
        "yellow_from": limit * 10 + 0.6,
        "yellow": (goal - limit) * 10 - 1.2,
        "green_from": goal * 10 + 0.6,
        "green": 100 - goal * 10 - 0.6,
        "mark": None if now.value is None else round(float(now.value) * 10, 2),
        "before": None if earlier is None else round(earlier * 10, 2),
        "low": None if now.interval is None or now.value is None else round(now.interval[0] * 10, 2),
        "wide": None if now.interval is None else round((now.interval[1] - now.interval[0]) * 10, 2),
        "reading": now,
        "point": before,
    }


@register.filter
def twentieths(count: int, total: int) -> int:
    """The width of a part for drawing: 1 to 20, and never so small that nobody can hit it."""
    return max(3, round(20 * count / total)) if total else 5


@register.filter
def short(count: int) -> str:
    """A count where three digits have room: from 1,000 on "999+". The whole number has to stand in words beside it."""
    return str(count) if count <= 999 else "999+"


@register.filter
def listed(names: Iterable[object]) -> str:
    """The members of a list, with what stands between them in this language."""
    return joining.names(names)


@register.simple_tag
def html_language() -> str:
    """The language of the page as HTML names it: zh-hans is zh-Hans."""
    first, _dash, rest = (get_language() or "en").partition("-")
    return f"{first}-{rest.capitalize()}" if len(rest) == 4 else first


@register.simple_tag
def zone_list(identity: str) -> SafeString:
    """The IANA zones as suggestions for an input, under the id that the input's `list` names."""
    return format_html(
        '<datalist id="{}">{}</datalist>',
        identity,
        format_html_join("", '<option value="{}">', ((name,) for name in zone_names())),
    )
