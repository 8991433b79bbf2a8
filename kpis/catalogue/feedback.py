"""Ratings of the seller, each on the day it was left. The negative feedback of order defects is another figure."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import ratings
from kpis.metrics import LIFETIME, Rule, Share
from kpis.targets import AtLeast
from orders.models import RatingStanding

GROUP = _("Feedback")
SOURCE = "https://sellercentral.amazon.com/gp/help/external/help.html?itemID=97692EVY8H3CZY9&language=en-US"

STANDS = Q(standing=RatingStanding.COUNTS)
LEFT_OUT = (
    (Q(standing=RatingStanding.EXCLUDED), _("Excluded by a person")),
    (Q(standing=RatingStanding.DELETED), _("Deleted at the source")),
    (Q(standing=RatingStanding.REMOVED), _("Removed or struck through")),
    (Q(standing=RatingStanding.REPLACED), _("A later rating of the same order counts")),
)
TARGET = AtLeast(limit="95", goal="96")

feedback_rating = Share(
    slug="feedback_rating",
    title=_("Positive ratings, 30 days"),
    short=_("Ratings"),
    help=_(
        "Of the ratings that buyers left in the window, the share with four or five stars; three stars are neutral. An "
        "order has one rating, the latest; ratings removed or struck through do not count. Amazon's own feedback file "
        "holds only one to three stars: import all ratings, or this share reads too low. 95% is Amazon's advice."
    ),
    group=GROUP,
    fact=ratings,
    of=STANDS,
    hit=Q(rating__gte=4),
    left_out=LEFT_OUT,
    sides=(_("Four or five stars"), _("Three stars or fewer"), _("Left out")),
    rule=Rule(days=30, target=TARGET),
    source=SOURCE,
)

feedback_rating_90d = replace(
    feedback_rating,
    slug="feedback_rating_90d",
    title=_("Positive ratings, 90 days"),
    short="",
    rule=Rule(days=90, target=TARGET),
    variant_of="feedback_rating",
)

feedback_rating_365d = replace(
    feedback_rating,
    slug="feedback_rating_365d",
    title=_("Positive ratings, 365 days"),
    short="",
    rule=Rule(days=365, target=TARGET),
    variant_of="feedback_rating",
)

feedback_rating_lifetime = replace(
    feedback_rating,
    slug="feedback_rating_lifetime",
    title=_("Positive ratings of all time"),
    short="",
    rule=Rule(days=LIFETIME, target=TARGET),
    variant_of="feedback_rating",
)

negative_feedback_received = Share(
    slug="negative_feedback_received",
    title=_("Negative among the ratings received"),
    short=_("Negative ratings"),
    help=_(
        "Of the ratings that buyers left in the window, the share with one or two stars, by the day they were left. "
        "The negative feedback of order defects is another figure: it divides by all orders, by the day they were "
        "placed, so the two never match."
    ),
    group=GROUP,
    fact=ratings,
    of=STANDS,
    hit=Q(rating__lte=2),
    left_out=LEFT_OUT,
    sides=(_("One or two stars"), _("Three stars or more"), _("Left out")),
    rule=Rule(days=30),
    source=SOURCE,
)
