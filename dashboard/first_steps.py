"""What to do first: sentences with a count, each leading to the rows behind it, the most pressing first."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.addresses import queue_address
from dashboard.cards import Card
from dashboard.joining import sentences
from dashboard.pages.connections import broken
from dashboard.silence import silences
from intake.models import RejectedRow
from kpis.attention import gravest_first, pressing, worse_side
from kpis.figures import State
from kpis.largest import Largest, largest_parts, largest_topic
from kpis.queue import Group
from kpis.return_queue import ReturnQueue
from kpis.targets import Band
from kpis.waiting import Waiting
from sellers.models import SellerAccount

AT_LEAST, AT_MOST = 3, 9
FIGURES = 5  # of the steps, so that figures leave room for what stands still
SILENT = 3


@dataclass(frozen=True)
class Step:
    """One thing to do: its colour, what is the matter, and the address of the rows behind it."""

    band: Band
    title: str
    text: str
    href: str
    link: str


@dataclass(frozen=True)
class Scene:
    """What is known of some accounts at a moment."""

    figures: Sequence[Card]
    waiting: dict[SellerAccount, Waiting]
    in_queue: dict[str, str] | None  # how the queue is asked for the same accounts; None where it cannot be
    accounts: Sequence[SellerAccount]  # those on this page of the list
    on: dict[int, date]
    writable: Collection[int]  # the accounts in which the reader may repair data
    now: datetime


def first_steps(scene: Scene) -> list[Step]:
    """At most nine steps: red before yellow, within a colour in the order of the kinds. At most six queries."""
    steps = [step for kind in KINDS for step in kind(scene)]
    return sorted(steps, key=lambda step: step.band is not Band.RED)[:AT_MOST]


def late_replies(scene: Scene) -> Iterator[Step]:
    """Buyers who have waited more than 24 hours, where most of them do, and what about."""
    about = largest_topic(list(scene.waiting), scene.now)
    late, asked, at = _of_queue(scene, lambda waits: waits.late)
    if not late:
        return
    said = [at, about_sentence(about) if about and about.of == late else "", _("They have waited over 24 hours.")]
    yield Step(
        Band.RED,
        ngettext("Answer %(count)s late reply", "Answer %(count)s late replies", late) % {"count": number_format(late)},
        sentences(said),
        queue_address({**asked, "group": Group.LATE.value}),
        _("See who waits"),
    )


def missed_targets(scene: Scene) -> Iterator[Step]:
    """Buyers whose own target is over, though their 24 hours are not."""
    count, asked, at = _of_queue(scene, lambda waits: waits.missed)
    if count:
        title = ngettext("Answer %(count)s reply over its target", "Answer %(count)s replies over their target", count)
        said = [at, _("Their channel or priority allows less than 24 hours.")]
        href = queue_address({**asked, "group": Group.MISSED.value})
        yield Step(Band.YELLOW, title % {"count": number_format(count)}, sentences(said), href, _("See who waits"))


def due_soon(scene: Scene) -> Iterator[Step]:
    """Buyers whose time is over within 4 hours."""
    count, asked, at = _of_queue(scene, lambda waits: waits.soon)
    if count:
        title = ngettext("Answer %(count)s reply within 4 hours", "Answer %(count)s replies within 4 hours", count)
        said = [at, _("Then they are late or over their target.")]
        href = queue_address({**asked, "group": Group.SOON.value})
        yield Step(Band.YELLOW, title % {"count": number_format(count)}, sentences(said), href, _("See who waits"))


def _of_queue(scene: Scene, count_of: Callable[[Waiting], int]) -> tuple[int, dict[str, str], str]:
    """How many wait, how the queue is asked for exactly these, and a sentence on where most of them do."""
    counts = {account: count_of(waits) for account, waits in scene.waiting.items()}
    count = sum(counts.values())
    if not count:
        return 0, {}, ""
    account = max(counts, key=lambda one: counts[one])
    if scene.in_queue is None:  # then the account where most of them wait stands for all
        return counts[account], {"account": account.key}, _("All at %(account)s.") % {"account": account.name}
    if counts[account] == count:
        return count, scene.in_queue, _("All at %(account)s.") % {"account": account.name}
    said = _("%(here)s of them at %(account)s.") % {"here": number_format(counts[account]), "account": account.name}
    return count, scene.in_queue, said


def return_requests(scene: Scene) -> Iterator[Step]:
    """Requests for a return that nobody has answered, where one of them is past its 48 hours."""
    if scene.in_queue is None:
        return
    queue = ReturnQueue(list(scene.waiting), scene.now)
    if queue.overdue:
        title = ngettext("Answer %(count)s return request", "Answer %(count)s return requests", queue.count)
        text = ngettext("%(count)s is past its 48 hours.", "%(count)s are past their 48 hours.", queue.overdue)
        yield Step(
            Band.RED,
            title % {"count": number_format(queue.count)},
            text % {"count": number_format(queue.overdue)},
            queue_address({**scene.in_queue, "list": "returns"}),
            _("See the requests"),
        )


def figures(scene: Scene) -> Iterator[Step]:
    """The most pressing figure of each account: its largest part, and what is missing to the next colour.

    Where few figures press, yellow ones that are further from red make up the number.
    """
    cards = {(one.reading.account.id, one.metric.slug): one for one in scene.figures}
    readings = [one.reading for one in scene.figures]
    chosen = pressing(readings, FIGURES)
    named = {reading.account.id for reading in chosen}
    for reading in gravest_first(readings):
        if reading.band is Band.YELLOW and reading.account.id not in named and len(chosen) < AT_LEAST:
            chosen.append(reading)
            named.add(reading.account.id)
    parts = largest_parts(chosen)
    for reading in chosen:
        key = reading.account.id, reading.metric.slug
        one, part = cards[key], parts.get(key)
        title = _("%(account)s: %(metric)s %(value)s")
        text = _("%(word)s. %(target)s. %(missing)s")
        said = [text % {"word": one.word, "target": one.target, "missing": one.missing}]
        said += [about_sentence(part)] if part else []
        said += [_("Provisional:"), one.state] if reading.state is State.PROVISIONAL else []
        yield Step(
            reading.band,
            title % {"account": reading.account.name, "metric": one.metric.title, "value": reading.display},
            sentences(said),
            f"{reverse('metric', args=[reading.account.key, one.metric.slug])}?part={worse_side(reading.metric)}#rows",
            _("See the rows behind it"),
        )


def about_sentence(part: Largest) -> str:
    """The largest part of some rows, in words."""
    said = {"count": number_format(part.count), "of": number_format(part.of), "value": part.label}
    if part.is_topic:
        return _("%(count)s of %(of)s are about “%(value)s”.") % said
    return _("%(count)s of %(of)s: %(column)s “%(value)s”.") % {**said, "column": part.column and part.column.title}


def broken_connections(scene: Scene) -> Iterator[Step]:
    """Mailboxes that bring nothing in any more."""
    for connection in broken(scene.accounts, scene.now):
        yield Step(
            Band.RED,
            _("Mend the connection %(name)s") % {"name": connection.name},
            _("%(account)s may lack its newest messages.") % {"account": connection.account.name},
            reverse("connection", args=[connection.pk]),
            _("See what is wrong"),
        )


def rejects(scene: Scene) -> Iterator[Step]:
    """Rows of imports that could not be taken in, by account, for who may repair them."""
    found = RejectedRow.objects.filter(account__in=scene.writable, state=RejectedRow.State.OPEN)
    counts = dict(found.order_by().values_list("account").annotate(count=Count("id")))
    for account in sorted(scene.accounts, key=lambda one: -counts.get(one.id, 0))[:SILENT]:
        if count := counts.get(account.id, 0):
            yield Step(
                Band.YELLOW,
                ngettext("Repair %(count)s rejected row", "Repair %(count)s rejected rows", count)
                % {"count": number_format(count)},
                _("%(account)s does not count them until they are repaired.") % {"account": account.name},
                reverse("account_rejects", args=[account.key]),
                _("See the rejected rows"),
            )


def silent_channels(scene: Scene) -> Iterator[Step]:
    """Channels on which buyers have stopped writing."""
    for silence in silences(scene.accounts, scene.on)[:SILENT]:
        yield Step(
            Band.YELLOW,
            _("%(account)s: channels gone silent") % {"account": silence.account.name},
            sentences([*silence.sentences, _("Perhaps its connection is broken.")]),
            reverse("metric", args=[silence.account.key, silence.metric.slug]),
            _("See the channels"),
        )


# Within a colour the steps stand in this order.
KINDS: tuple[Callable[[Scene], Iterator[Step]], ...] = (
    late_replies,
    return_requests,
    figures,
    missed_targets,
    due_soon,
    broken_connections,
    rejects,
    silent_channels,
)
