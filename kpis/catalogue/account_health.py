"""The account's standing with the platform: what it holds against the account, and how it rates it."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import official, violations
from kpis.metrics import Imported, Rule, Tally
from kpis.targets import AtLeast, Zero
from kpis.units import Unit
from orders.models import OfficialMetric, ViolationCategory, ViolationStatus

GROUP = _("Account health")

POLICY = (
    "https://github.com/amzn/selling-partner-api-models/blob/main/schemas/reports/accountHealthReport-2020-11-18.json"
)
RATING = "https://sellercentral.amazon.in/seller-forums/discussions/t/7f6e4141-5823-4ea0-9e8c-3ad061f44f0b"  # its bands

STATED = Q(deleted_at__isnull=True, excluded=False)
NOT_STATED = (
    (Q(excluded=True), _("Excluded by a person")),
    (Q(deleted_at__isnull=False), _("Deleted at the source")),
)
COMPLAINTS = Q(
    category__in=[ViolationCategory.AUTHENTICITY, ViolationCategory.CONDITION, ViolationCategory.PRODUCT_SAFETY]
)

policy_violations = Tally(
    slug="policy_violations",
    title=_("Open policy violations"),
    short=_("Violations"),
    help=_(
        "How many policy violations and complaints of the last 180 days the platform still holds against the account: "
        "open ones and those under appeal, each with its count. Resolved ones do not count. One without a date counts "
        "on the day it was last reported. The target is none."
    ),
    group=GROUP,
    fact=violations,
    of=STATED & Q(status__in=[ViolationStatus.OPEN, ViolationStatus.APPEALED]),
    column="count",
    by="category",
    left_out=(*NOT_STATED, (Q(status=ViolationStatus.RESOLVED), _("Resolved"))),
    sides=(_("Open or under appeal"), "", _("Left out")),
    rule=Rule(days=180, target=Zero()),
    source=POLICY,
)

customer_complaints = replace(
    policy_violations,
    slug="customer_complaints",
    title=_("Open customer complaints"),
    short="",
    help=_(
        "Of the open policy violations, those that customers complained of: authenticity, condition and safety of "
        "products. The platform looks at 180 days that end two days earlier."
    ),
    among=COMPLAINTS,
    rule=Rule(days=180, lag=2, target=Zero()),
    variant_of="policy_violations",
)

account_health_rating = Imported(
    slug="account_health_rating",
    title=_("Account health rating"),
    short=_("Account health"),
    help=_(
        "The points from 0 to 1,000 that the platform gives the account: healthy from 200, at risk from 100, below "
        "that in danger. Only the platform knows how they are worked out; shown is its newest figure of the last 30 "
        "days."
    ),
    group=GROUP,
    fact=official,
    among=Q(metric=OfficialMetric.ACCOUNT_HEALTH_RATING),
    of=STATED & Q(rate__isnull=False),
    column="rate",
    reads=Unit.COUNT,
    left_out=(
        *NOT_STATED,
        (Q(rate__isnull=True), _("No value was stated")),
        (Q(rate__isnull=False), _("A newer figure counts")),
    ),
    sides=(_("Newest figure"), "", _("Left out")),
    rule=Rule(days=30, target=AtLeast(limit="100", goal="200")),
    source=RATING,
)
