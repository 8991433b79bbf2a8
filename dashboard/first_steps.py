"""What to do first: sentences with a count, each leading to the rows behind it, the most pressing first."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.addresses import queue_address
from dashboard.cards import Card
from dashboard.pages.connections import broken
from dashboard.silence import silences
from intake.models import RejectedRow
from kpis.attention import pressing, worse_side
from kpis.queue import Group
from kpis.targets import Band
from kpis.waiting import Waiting
from sellers.models import SellerAccount

AT_MOST = 9
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
    """At most nine steps: red before yellow, within a colour in the order of the kinds. Three queries."""
    steps = [step for kind in KINDS for step in kind(scene)]
    return sorted(steps, key=lambda step: step.band is not Band.RED)[:AT_MOST]


def late_replies(scene: Scene) -> Iterator[Step]:
    """Buyers who have waited more than 24 hours, and where most of them do."""
    late = sum(waits.late for waits in scene.waiting.values())
    if not late:
        return
    account = max(scene.waiting, key=lambda one: scene.waiting[one].late)
    here = scene.waiting[account].late
    said = {"here": here, "account": account.name}
    asked = scene.in_queue
    if asked is None:  # then the account where most of them wait stands for all
        asked, late = {"account": account.key}, here
    yield Step(
        Band.RED,
        ngettext("Answer %(count)d late reply", "Answer %(count)d late replies", late) % {"count": late},
        _("%(here)d of them at %(account)s. Every one has waited for more than 24 hours.") % said,
        queue_address({**asked, "group": Group.LATE.value}),
        _("See who waits"),
    )


def figures(scene: Scene) -> Iterator[Step]:
    """The most pressing figure of each account, with what is missing to the next colour or left before red."""
    cards = {(one.reading.account.id, one.metric.slug): one for one in scene.figures}
    for reading in pressing((one.reading for one in scene.figures), FIGURES):
        one = cards[reading.account.id, reading.metric.slug]
        title = _("%(account)s: %(metric)s %(value)s")
        text = _("%(word)s. %(target)s. %(missing)s")
        side = worse_side(reading.metric)
        yield Step(
            reading.band,
            title % {"account": reading.account.name, "metric": one.metric.title, "value": reading.display},
            text % {"word": one.word, "target": one.target, "missing": one.missing},
            f"{reverse('metric', args=[reading.account.key, one.metric.slug])}?part={side}#rows",
            _("See the rows behind it"),
        )


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
                ngettext("Repair %(count)d rejected row", "Repair %(count)d rejected rows", count) % {"count": count},
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
            " ".join([*silence.sentences, _("Perhaps its connection is broken.")]),
            reverse("metric", args=[silence.account.key, silence.metric.slug]),
            _("See the channels"),
        )


# Within a colour the steps stand in this order.
KINDS: tuple[Callable[[Scene], Iterator[Step]], ...] = (
    late_replies,
    figures,
    broken_connections,
    rejects,
    silent_channels,
)
