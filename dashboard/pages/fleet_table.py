"""The list of accounts as a file: what the fleet page shows, all pages of it, in exact numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from dashboard import words
from dashboard.forms import FleetFilter
from dashboard.pages.fleet import COLUMNS, FIRST_REPLY, SCORE, Row, account_rows, find, title_of
from kpis.metrics import Metric
from kpis.sheets import Cell, Heading, Look
from kpis.units import Unit
from sellers.models import SellerAccount


@dataclass(frozen=True)
class FleetTable:
    """A table of accounts with what its file says about itself. Rates are fractions of 1, times are in seconds."""

    about: list[tuple[str, Cell]]
    headings: list[Heading]
    rows: list[list[Cell]]
    zone: ZoneInfo
    name: str


def fleet_table(accounts: Sequence[SellerAccount], address: FleetFilter, now: datetime) -> FleetTable:
    """Every account that the address names, worst first. Its queries do not grow with them."""
    found = find(accounts, address, now)
    rows = account_rows(found.shown, found.on, found.queue)
    filters: list[tuple[str, Cell]] = [(_("Filter: %(name)s") % {"name": k}, v) for k, v in address.given().items()]
    zone = ZoneInfo(settings.TIME_ZONE)
    day = now.astimezone(zone).date()
    return FleetTable(filters, _headings(), [_line(row, found.on) for row in rows], zone, f"accounts-{day.isoformat()}")


def _headings() -> list[Heading]:
    heads = [Heading(_("Account"), 28), Heading(_("Key")), Heading(_("Platform")), Heading(_("Marketplace"))]
    heads += [Heading(_("Team")), Heading(_("Owner")), Heading(_("Report day"), 12)]
    for metric in (SCORE, *COLUMNS):
        heads += [Heading(_figure(metric), look=_look(metric)), Heading(_("Colour"), 10), Heading(_("Counted"), 10)]
    return [*heads, Heading(_("Late replies now")), Heading(_("Waiting"))]


def _figure(metric: Metric) -> str:
    title = str(title_of(metric))
    return _("%(title)s (seconds)") % {"title": title} if metric.unit is Unit.SECONDS else title


def _look(metric: Metric) -> Look:
    return Look.PERCENT if metric.unit is Unit.RATE else Look.PLAIN


def _line(row: Row, on: dict[int, date]) -> list[Cell]:
    account = row.account
    owner = account.owner.username if account.owner else ""
    line: list[Cell] = [account.name, account.key, account.get_platform_display(), account.marketplace]
    line += [account.team, owner, on[account.id]]
    for card in (row.score, *row.cells):
        reading = card.reading
        value = (reading.stats or {}).get("median") if card.metric is FIRST_REPLY else reading.value
        line += [value, str(words.COLOURS[reading.band]), reading.n]
    return [*line, row.waiting.overdue, row.waiting.all]
