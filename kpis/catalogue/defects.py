"""Order defects: bad feedback, A-to-z claims and chargebacks, each order on the day it was placed, counted once."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import orders_placed
from kpis.catalogue.placed import GROUP, IN_RATES, MARKETPLACE, MERCHANT, NOT_MARKETPLACE, NOT_MERCHANT, OUTSIDE
from kpis.metrics import Rule, Share
from kpis.targets import Below
from orders.models import FulfilledBy, OfficialMetric

# Feedback may be left, and a claim filed, until 90 days after the order.
# https://sellercentral.amazon.com/gp/help/external/help.html?itemID=97692EVY8H3CZY9&language=en-US
RIPENS_DAYS = 90

RULE = Rule(days=60, lag=15, target=Below(limit="1", goal="0.8"))
PART_RULE = Rule(days=60, lag=15)  # the parts have no limit of their own

ORDER_DEFECTS = "https://sellercentral.amazon.sa/gp/help/external/help.html?itemID=200285170&language=en_AE"
EVERY_CLAIM = "https://paywithamazon.amazon.in/help/201212270"

order_defect_rate = Share(
    slug="order_defect_rate",
    title=_("Order defect rate"),
    short=_("ODR"),
    help=_(
        "Of the orders placed in the window, the share with at least one defect: one or two stars, an A-to-z claim "
        "that counts, or a service chargeback. An order counts once, on the day it was placed; the newest 15 days are "
        "left to ripen."
    ),
    group=GROUP,
    fact=orders_placed,
    of=IN_RATES,
    hit=Q(defective=True),
    left_out=OUTSIDE,
    sides=(_("With a defect"), _("Without a defect"), _("Left out")),
    rule=RULE,
    ripens_days=RIPENS_DAYS,
    source=ORDER_DEFECTS,
    official=Q(metric=OfficialMetric.ORDER_DEFECT_RATE, fulfilled_by=""),
)

order_defect_rate_mfn = replace(
    order_defect_rate,
    slug="order_defect_rate_mfn",
    title=_("Order defect rate, shipped by the seller"),
    short=_("ODR, seller"),
    help=_(
        "The order defect rate of the orders that the seller ships alone (MFN). The platform judges it apart from the "
        "rate of the orders that the platform ships."
    ),
    of=IN_RATES & MERCHANT,
    left_out=(*OUTSIDE, *NOT_MERCHANT),
    variant_of="order_defect_rate",
    official=Q(metric=OfficialMetric.ORDER_DEFECT_RATE, fulfilled_by=FulfilledBy.MERCHANT),
)

order_defect_rate_afn = replace(
    order_defect_rate,
    slug="order_defect_rate_afn",
    title=_("Order defect rate, shipped by the marketplace"),
    short=_("ODR, marketplace"),
    help=_(
        "The order defect rate of the orders that the marketplace ships alone (AFN). The platform judges it apart from "
        "the rate of the orders that the seller ships."
    ),
    of=IN_RATES & MARKETPLACE,
    left_out=(*OUTSIDE, *NOT_MARKETPLACE),
    variant_of="order_defect_rate",
    official=Q(metric=OfficialMetric.ORDER_DEFECT_RATE, fulfilled_by=FulfilledBy.MARKETPLACE),
)

order_defect_rate_every_claim = replace(
    order_defect_rate,
    slug="order_defect_rate_every_claim",
    title=_("Order defect rate with every claim"),
    short="",
    help=_(
        "The order defect rate by the older rule, by which an A-to-z claim is a defect whatever its outcome: denied "
        "and withdrawn ones too. It has no colour of its own; which rule judges is a switch of the account."
    ),
    hit=Q(negative_feedback=True) | Q(claimed=True) | Q(chargeback_counts=True),
    rule=PART_RULE,
    variant_of="order_defect_rate",
    source=EVERY_CLAIM,
    official=None,
)

negative_feedback_rate = replace(
    order_defect_rate,
    slug="negative_feedback_rate",
    title=_("Negative feedback"),
    short="",
    help=_(
        "Of the orders placed in the window, the share that buyers rated with one or two stars. A rating that a later "
        "one of the order replaced, or that was removed, does not count. A part of ODR."
    ),
    hit=Q(negative_feedback=True),
    sides=(_("One or two stars"), _("No negative feedback"), _("Left out")),
    rule=PART_RULE,
    parts_of="order_defect_rate",
    official=Q(metric=OfficialMetric.NEGATIVE_FEEDBACK_RATE),
)

atoz_claim_rate = replace(
    order_defect_rate,
    slug="atoz_claim_rate",
    title=_("A-to-z claims"),
    short="",
    help=_(
        "Of the orders placed in the window, the share with an A-to-z Guarantee claim that counts: by default open and "
        "granted ones; denied, withdrawn and Amazon-funded ones do not. A part of ODR."
    ),
    hit=Q(claim_counts=True),
    sides=(_("With a claim that counts"), _("No claim that counts"), _("Left out")),
    rule=PART_RULE,
    parts_of="order_defect_rate",
    official=Q(metric=OfficialMetric.ATOZ_CLAIM_RATE),
)

atoz_claim_rate_every = replace(
    atoz_claim_rate,
    slug="atoz_claim_rate_every",
    title=_("A-to-z claims of any outcome"),
    help=_(
        "Of the orders placed in the window, the share with an A-to-z Guarantee claim, whatever came of it: denied and "
        "withdrawn ones count as well."
    ),
    hit=Q(claimed=True),
    sides=(_("With a claim"), _("No claim"), _("Left out")),
    parts_of="",
    variant_of="atoz_claim_rate",
    source=EVERY_CLAIM,
    official=None,
)

chargeback_rate = replace(
    order_defect_rate,
    slug="chargeback_rate",
    title=_("Chargebacks"),
    short="",
    help=_(
        "Of the orders placed in the window, the share whose payment a buyer disputed over the service; fraud is the "
        "platform's risk and does not count. A part of ODR."
    ),
    hit=Q(chargeback_counts=True),
    sides=(_("With a chargeback"), _("No chargeback"), _("Left out")),
    rule=PART_RULE,
    parts_of="order_defect_rate",
    source="https://sellercentral.amazon.com/gp/help/external/help.html?itemID=48781&language=en_US",
    official=Q(metric=OfficialMetric.CHARGEBACK_RATE),
)
