"""Returns: how many requests end in dissatisfaction, each on the day of the request."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import returns
from kpis.metrics import Rule, Share
from kpis.targets import Below
from orders.models import OfficialMetric, Rejection, ReturnAnswer, ReturnStanding

GROUP = _("Returns")
SOURCE = "https://sellercentral.amazon.com/gp/help/external/help.html?itemID=201887610&language=en_US"

VALID = Q(standing=ReturnStanding.COUNTS)
WAITS = VALID & Q(answer=ReturnAnswer.WAITING)
ANSWER_KNOWN = Q(answer__in=[ReturnAnswer.ON_TIME, ReturnAnswer.LATE, ReturnAnswer.NONE])
REJECTION_KNOWN = Q(rejection__in=[Rejection.NONE, Rejection.FAIR, Rejection.INVALID])
LATE = Q(answer__in=[ReturnAnswer.LATE, ReturnAnswer.NONE])

OUTSIDE = (
    (Q(standing=ReturnStanding.EXCLUDED), _("Excluded by a person")),
    (Q(standing=ReturnStanding.DELETED), _("Deleted at the source")),
    (Q(standing=ReturnStanding.TEST), _("A test order")),
    (Q(standing=ReturnStanding.OTHER_CHANNEL), _("Sold outside the marketplace")),
    (Q(standing=ReturnStanding.NO_REQUEST), _("Only its receipt is known, not the request")),
    (Q(standing=ReturnStanding.MARKETPLACE), _("Handled by the marketplace")),
    (Q(standing=ReturnStanding.UNKNOWN_SHIPPER), _("Unknown who shipped it")),
)
NOT_DUE = (Q(answer=ReturnAnswer.WAITING), _("Not answered yet, but not 48 hours old"))
ANSWER_UNKNOWN = (Q(answer=ReturnAnswer.UNKNOWN), _("Answered, but unknown when"))
REJECTION_UNKNOWN = (Q(rejection=Rejection.UNKNOWN), _("Turned down, but unknown whether within the policy"))

RIPENS_DAYS = 2  # the 48 hours
TARGET = Below(limit="10", goal="8")

return_dissatisfaction_rate = Share(
    slug="return_dissatisfaction_rate",
    title=_("Return dissatisfaction, 30 days"),
    short=_("Returns"),
    help=_(
        "Of the buyers' return requests to the seller, the share with a fault: the buyer says the return was not "
        "resolved, the seller did not answer within 48 hours, or a request within the policy was turned down without a "
        "refund or a solution that the buyer accepted. A request counts once it is answered or 48 hours old, and once "
        "however many faults it has."
    ),
    group=GROUP,
    fact=returns,
    of=VALID & ANSWER_KNOWN & REJECTION_KNOWN,
    hit=Q(dissatisfied=True),
    open=WAITS,
    left_out=(*OUTSIDE, NOT_DUE, ANSWER_UNKNOWN, REJECTION_UNKNOWN),
    sides=(_("With a fault"), _("Without a fault"), _("Left out")),
    rule=Rule(days=30, target=TARGET),
    ripens_days=RIPENS_DAYS,
    official=Q(metric=OfficialMetric.RETURN_DISSATISFACTION_RATE),
    source=SOURCE,
)

return_dissatisfaction_rate_7d = replace(
    return_dissatisfaction_rate,
    slug="return_dissatisfaction_rate_7d",
    title=_("Return dissatisfaction, 7 days"),
    short="",
    rule=Rule(days=7, target=TARGET),
    variant_of="return_dissatisfaction_rate",
)

return_dissatisfaction_rate_90d = replace(
    return_dissatisfaction_rate,
    slug="return_dissatisfaction_rate_90d",
    title=_("Return dissatisfaction, 90 days"),
    short="",
    rule=Rule(days=90, target=TARGET),
    variant_of="return_dissatisfaction_rate",
)

return_negative_feedback_rate = Share(
    slug="return_negative_feedback_rate",
    title=_("Negative return feedback"),
    help=_(
        "Of the return requests, the share of which the buyer says that the return was not resolved. A part of return "
        "dissatisfaction."
    ),
    group=GROUP,
    fact=returns,
    of=VALID & ~Q(answer=ReturnAnswer.WAITING),
    hit=Q(negative_feedback=True),
    open=WAITS,
    left_out=(*OUTSIDE, NOT_DUE),
    sides=(_("Not resolved for the buyer"), _("No complaint"), _("Left out")),
    rule=Rule(days=30),
    ripens_days=RIPENS_DAYS,
    parts_of="return_dissatisfaction_rate",
    source=SOURCE,
)

return_late_response_rate = Share(
    slug="return_late_response_rate",
    title=_("Late answers to returns"),
    help=_(
        "Of the return requests, the share that the seller neither authorised, refunded nor closed within 48 hours. "
        "Weekends and holidays count; exactly 48 hours is in time; automatic authorisation answers at once. A part of "
        "return dissatisfaction."
    ),
    group=GROUP,
    fact=returns,
    of=VALID & ANSWER_KNOWN,
    hit=LATE,
    open=WAITS,
    left_out=(*OUTSIDE, NOT_DUE, ANSWER_UNKNOWN),
    sides=(_("Late or unanswered"), _("Answered in time"), _("Left out")),
    rule=Rule(days=30),
    ripens_days=RIPENS_DAYS,
    parts_of="return_dissatisfaction_rate",
    source=SOURCE,
)

return_invalid_rejection_rate = Share(
    slug="return_invalid_rejection_rate",
    title=_("Invalid rejections of returns"),
    help=_(
        "Of the return requests, the share within the policy that the seller turned down without a refund, an "
        "authorisation or a solution that the buyer accepted. Requests outside the policy may be turned down. A part "
        "of return dissatisfaction."
    ),
    group=GROUP,
    fact=returns,
    of=VALID & ~Q(answer=ReturnAnswer.WAITING) & REJECTION_KNOWN,
    hit=Q(rejection=Rejection.INVALID),
    open=WAITS,
    left_out=(*OUTSIDE, NOT_DUE, REJECTION_UNKNOWN),
    sides=(_("Turned down within the policy"), _("Not turned down, or fairly"), _("Left out")),
    rule=Rule(days=30),
    ripens_days=RIPENS_DAYS,
    parts_of="return_dissatisfaction_rate",
    source=SOURCE,
)
