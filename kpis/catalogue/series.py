"""Weekly series that are imported as they are, to stand beside the figures of customer service."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.account_health import NOT_STATED, STATED
from kpis.catalogue.facts import official
from kpis.metrics import Imported, Rule
from kpis.units import Unit
from orders.models import OfficialMetric

GROUP = _("Imported series")
SOURCE = "https://developer-docs.amazon.com/sp-api/docs/report-type-values"

listing_bounce_rate = Imported(
    slug="listing_bounce_rate",
    title=_("Listing bounce rate"),
    short=_("Bounce rate"),
    help=_(
        "Of the visits to the account's listings, the share that left at once, as your reports state it week by week. "
        "Shown is the newest figure whose week ends in the last seven days."
    ),
    group=GROUP,
    fact=official,
    among=Q(metric=OfficialMetric.LISTING_BOUNCE_RATE),
    of=STATED & Q(rate__isnull=False),
    column="rate",
    reads=Unit.RATE,
    left_out=(
        *NOT_STATED,
        (Q(rate__isnull=True), _("No value was stated")),
        (Q(rate__isnull=False), _("A newer figure counts")),
    ),
    sides=(_("Newest figure"), "", _("Left out")),
    rule=Rule(days=7),
    source=SOURCE,
)

sales_amount = replace(
    listing_bounce_rate,
    slug="sales_amount",
    title=_("Sales"),
    short="",
    help=_(
        "The sales of a week in the account's currency, as your reports state them. Shown is the newest figure whose "
        "week ends in the last seven days."
    ),
    among=Q(metric=OfficialMetric.SALES_AMOUNT),
    reads=Unit.AMOUNT,
)
