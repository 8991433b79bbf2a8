"""What stands above the reply queue: whose messages one looks at, and what the filters have to offer."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.utils.translation import gettext

from dashboard import clocks
from dashboard.pages.queue import ASKED, QueuePage
from dashboard.pages.queue_rows import CHANNELS
from kpis.metrics import Text
from kpis.queue import NOTHING, Choices
from sellers.models import Platform


@dataclass(frozen=True)
class Bar:
    """What stands above the list: whose messages one can look at, and the filters with what they have to offer."""

    views: list[tuple[str, str, bool]]
    fields: list[tuple[Text, str, list[tuple[str, str]], str]]
    kept: list[tuple[str, str]]  # filters in force that have no field here


def filter_bar(page: QueuePage, names: Collection[str]) -> Bar:
    """The choices of the filters, each with how many wait; `names` are those of the person who looks."""
    platforms = {account.platform for account in page.known}
    offers: list[tuple[str, list[tuple[str, str]]]] = [
        ("account", [(account.key, account.name) for account in page.known]),
        ("platform", [(value, str(said)) for value, said in Platform.choices if value in platforms]),
    ]
    teams = sorted({account.team for account in page.known} - {""}, key=str.casefold)
    if teams:
        offers.append(("team", [(team, team) for team in teams]))
    views = []
    if not page.is_returns:  # of which neither an owner nor a topic is known
        offered: Choices = page.queue.choices()
        views = _views(page, next((name for name in names if name in dict(offered.owners) and name), ""))
        offers += [
            ("owner", _offer(offered.owners, gettext("Unassigned"), str)),
            ("topic", _offer(offered.topics, gettext("No topic"), str)),
            ("language", _offer(offered.languages, gettext("Not known"), clocks.language)),
            ("channel", _offer(offered.channels, "", lambda value: str(CHANNELS.get(value, value)))),
        ]
    fields = [(ASKED[name], name, _with(page, name, offer), str(page.filter.value(name))) for name, offer in offers]
    shown = {name for _title, name, *_rest in fields}
    return Bar(views, fields, [(name, value) for name, value in page.given.items() if name not in shown])


def _views(page: QueuePage, mine: str) -> list[tuple[str, str, bool]]:
    owner = str(page.filter.value("owner"))
    views = [(gettext("Everyone"), ""), (gettext("Mine"), mine), (gettext("Unassigned"), NOTHING)]
    return [(title, page.address(owner=name), name == owner) for title, name in views if name or title == views[0][0]]


def _offer(counted: list[tuple[str, int]], nothing: str, said: Callable[[str], str]) -> list[tuple[str, str]]:
    return [(value or NOTHING, f"{said(value) if value else nothing} ({count})") for value, count in counted]


def _with(page: QueuePage, name: str, offer: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The offer with what is chosen, also where nobody waits there any more."""
    chosen = str(page.filter.value(name))
    if not chosen or chosen in dict(offer):
        return offer
    return [*offer, (chosen, f"{page.said(name)} (0)")]
