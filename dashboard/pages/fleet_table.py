"""The list of accounts as a file: what the fleet page shows, all pages of it, in exact numbers."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from dashboard import words
from dashboard.addresses import FleetFilter
from dashboard.pages.fleet import Row, account_rows
from dashboard.pages.fleet_columns import COLUMNS, SCORE, title_of, value_of
from dashboard.pages.fleet_found import find
from dashboard.pages.fleet_then import Then
from kpis.files import Table
from kpis.metrics import Metric
from kpis.sheets import Cell, Heading, Look
from kpis.units import Unit
from sellers.models import SellerAccount


def fleet_table(accounts: Sequence[SellerAccount], address: FleetFilter, now: datetime) -> Table:
    """Every account that the address names, in its order. Its queries do not grow with them."""
    found = find(accounts, address, now)
    rows = account_rows(found.shown, found.on, found.queue, found.then)
    about: list[tuple[str, Cell]] = [(_("Filter: %(name)s") % {"name": k}, v) for k, v in address.filters().items()]
    if found.then:
        about.append((_("Compared with"), found.then.sentence))
    if found.order.by:
        about.append((_("Sort by"), found.order.words))
    zone = ZoneInfo(settings.TIME_ZONE)
    day = now.astimezone(zone).date()
    lines = [_line(row, found.on, found.then) for row in rows]
    return Table(f"accounts-{day.isoformat()}", _("Accounts"), about, _headings(found.then), lines, zone)


def _headings(then: Then | None) -> list[Heading]:
    heads = [Heading(_("Account"), 28), Heading(_("Key")), Heading(_("Platform")), Heading(_("Marketplace"))]
    heads += [Heading(_("Team")), Heading(_("Owner")), Heading(_("Report day"), 12)]
    heads += [Heading(_("Day compared with"), 12)] if then else []
    for metric in (SCORE, *COLUMNS):
        heads += [Heading(_figure(metric), look=_look(metric)), Heading(_("Colour"), 10), Heading(_("Counted"), 10)]
        if then:
            said = {"figure": _figure(metric)}
            heads += [Heading(_("%(figure)s: before") % said, look=_look(metric))]
            heads += [Heading(_("%(figure)s: change") % said, look=_look(metric))]
    return [*heads, Heading(_("Late replies now")), Heading(_("Over the target now")), Heading(_("Waiting"))]


def _figure(metric: Metric) -> str:
    title = str(title_of(metric))
    return _("%(title)s (seconds)") % {"title": title} if metric.unit is Unit.SECONDS else title


def _look(metric: Metric) -> Look:
    return Look.PERCENT if metric.unit is Unit.RATE else Look.PLAIN


def _line(row: Row, on: dict[int, date], then: Then | None) -> list[Cell]:
    account = row.account
    owner = account.owner.username if account.owner else ""
    line: list[Cell] = [account.name, account.key, account.get_platform_display(), account.marketplace]
    line += [account.team, owner, on[account.id]]
    line += [then.days[account.id]] if then else []
    for position, card in enumerate((row.score, *row.cells)):
        value = value_of(card.reading)
        line += [value, str(words.COLOURS[card.reading.band]), card.reading.n]
        if row.before:
            earlier = value_of(row.before[position])
            line += [earlier, None if value is None or earlier is None else value - earlier]
    return [*line, row.waiting.late, row.waiting.missed, row.waiting.all]
