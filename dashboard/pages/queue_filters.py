"""What stands above the reply queue: whose messages one looks at, and what the filters have to offer."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext

from dashboard import clocks
from dashboard.pages.queue import ASKED, QueuePage
from dashboard.pages.queue_rows import CHANNELS
from dashboard.traits import TRAITS
from kpis.metrics import Text
from kpis.queue import MINE, NOTHING, Choices
from sellers.models import Platform


@dataclass(frozen=True)
class Bar:
    """What stands above the list: whose messages one can look at, and the filters with what they have to offer."""

    views: list[tuple[str, str, bool]]
    fields: list[tuple[Text, str, list[tuple[str, str]], str]]
    kept: list[tuple[str, str]]  # filters in force that have no field here


def filter_bar(page: QueuePage) -> Bar:
    """The choices of the filters, each with how many wait."""
    platforms = {account.platform for account in page.known}
    offers: list[tuple[str, list[tuple[str, str]]]] = [
        ("account", [(account.key, account.name) for account in page.known]),
        ("platform", [(value, str(said)) for value, said in Platform.choices if value in platforms]),
    ]
    for name, trait in (("team", TRAITS["team"]), ("keeper", TRAITS["owner"])):
        if values := sorted({trait(account) for account in page.known} - {""}, key=str.casefold):
            offers.append((name, [(value, value) for value in values]))
    views = []
    if not page.is_returns:  # of which neither an owner nor a topic is known
        offered: Choices = page.queue.choices()
        views = _views(page)
        offers += [
            ("owner", [(MINE, gettext("Mine")), *_offer(offered.owners, gettext("Unassigned"), str)]),
            ("topic", _offer(offered.topics, gettext("No topic"), str)),
            ("language", _offer(offered.languages, gettext("Not known"), clocks.language)),
            ("channel", _offer(offered.channels, "", lambda value: str(CHANNELS.get(value, value)))),
        ]
    fields = [(ASKED[name], name, _with(page, name, offer), str(page.filter.value(name))) for name, offer in offers]
    shown = {name for _title, name, *_rest in fields}
    return Bar(views, fields, [(name, value) for name, value in page.given.items() if name not in shown])


def _views(page: QueuePage) -> list[tuple[str, str, bool]]:
    owner = str(page.filter.value("owner"))
    views = [(gettext("Everyone"), ""), (gettext("Mine"), MINE), (gettext("Unassigned"), NOTHING)]
    return [(title, page.address(owner=name), name == owner) for title, name in views]


def _offer(counted: list[tuple[str, int]], nothing: str, said: Callable[[str], str]) -> list[tuple[str, str]]:
    return [(value or NOTHING, f"{said(value) if value else nothing} ({count})") for value, count in counted]


def _with(page: QueuePage, name: str, offer: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The offer with what is chosen, also where nobody waits there any more."""
    chosen = str(page.filter.value(name))
    if not chosen or chosen in dict(offer):
        return offer
    return [*offer, (chosen, f"{page.said(name)} (0)")]
