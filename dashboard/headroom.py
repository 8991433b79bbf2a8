"""How far a figure is from its other colours, in sentences about rows."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.metrics import Side
from kpis.readings import Reading
from kpis.rows import side_title
from kpis.targets import AtLeast, Band, Target


def missing_sentence(reading: Reading) -> str:
    """What is missing to the next better band or, in green, how much room there is before red."""
    target = reading.rule.target
    if target is None or reading.headroom is None or reading.band is Band.NONE:
        return ""
    if reading.band is Band.RED:
        return _row_sentence(reading, target, Band.YELLOW, reading.to_limit)
    if reading.band is Band.YELLOW:
        return _row_sentence(reading, target, Band.GREEN, reading.to_goal)
    return room_sentence(reading, target, reading.headroom)


def room_sentence(reading: Reading, target: Target, headroom: int) -> str:
    """How many of the counted rows may still turn bad before the figure is red."""
    words = {"what": reading.metric.sides[0], "n": number_format(reading.n), "count": number_format(headroom)}
    if isinstance(target, AtLeast):
        if not headroom:
            return _("Not one “%(what)s” of %(n)s may be lost, or it is red.") % words
        return (
            ngettext(
                "%(count)s “%(what)s” of %(n)s may be lost before it is red.",
                "%(count)s “%(what)s” of %(n)s may be lost before it is red.",
                headroom,
            )
            % words
        )
    if not headroom:
        return _("One more “%(what)s” of %(n)s makes it red.") % words
    return (
        ngettext(
            "%(count)s more “%(what)s” of %(n)s is possible before it is red.",
            "%(count)s more “%(what)s” of %(n)s are possible before it is red.",
            headroom,
        )
        % words
    )


def _row_sentence(reading: Reading, target: Target, band: Band, count: int | None) -> str:
    """How many further good rows, one after another, change the colour; of a share of bad ones those that are not."""
    what = side_title(reading.metric, Side.FOR if isinstance(target, AtLeast) else Side.AGAINST)
    if count is None:
        return _("Further “%(what)s” alone cannot change the colour: older cases must first leave the window.") % {
            "what": what
        }
    if band is Band.YELLOW:
        sentence = ngettext(
            "%(count)s more “%(what)s” makes it yellow.", "%(count)s more “%(what)s” in a row make it yellow.", count
        )
    else:
        sentence = ngettext(
            "%(count)s more “%(what)s” makes it green.", "%(count)s more “%(what)s” in a row make it green.", count
        )
    return sentence % {"count": number_format(count), "what": what}


def way_sentences(reading: Reading) -> list[str]:
    """Everything that is known about the way to the other colours: out of red, to green, and how far red is."""
    target, headroom = reading.rule.target, reading.headroom
    if target is None or headroom is None or reading.band is Band.NONE:
        return []
    if reading.band is Band.GREEN:
        return [room_sentence(reading, target, headroom)]
    to_green = _row_sentence(reading, target, Band.GREEN, reading.to_goal)
    if reading.band is Band.YELLOW:
        return [to_green, room_sentence(reading, target, headroom)]
    return list(dict.fromkeys([_row_sentence(reading, target, Band.YELLOW, reading.to_limit), to_green]))
