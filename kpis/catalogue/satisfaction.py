"""What buyers answer when they are asked: "Did this solve your problem?", and how satisfied they were."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import answers, surveys
from kpis.catalogue.windows import over
from kpis.metrics import LatestShare, Rule, Score, Share
from kpis.targets import AtLeast, Below
from messaging.models import Standing, SurveyKind
from orders.models import OfficialMetric

GROUP = _("Satisfaction")

SOLVED_SURVEY = Q(kind=SurveyKind.SOLVED)
RATINGS = Q(kind__in=[SurveyKind.CSAT, SurveyKind.THUMBS])
COUNTS = Q(standing=Standing.COUNTS)
ASKED = Q(standing__in=[Standing.COUNTS, Standing.UNANSWERED])
LEFT_OUT = (
    (Q(standing=Standing.DELETED), _("Deleted at the source")),
    (Q(standing=Standing.EXCLUDED), _("Excluded by a person")),
    (Q(standing=Standing.SELLER_STARTED), _("The buyer had not written before: the seller started the conversation")),
)

customer_service_score = Score(
    slug="customer_service_score",
    title=_("Customer-service score"),
    short=_("Score"),
    help=_(
        "How many buyers answered “yes, this solved my problem”, on a scale of 0 to 10. Only the latest answer of each "
        "conversation counts, over four weeks. It is worked out once a week; with fewer than 40 answers the last score "
        "is kept. Answers in conversations that the seller started, with no message of the buyer before, are left out."
    ),
    group=GROUP,
    fact=answers,
    among=SOLVED_SURVEY,
    of=COUNTS,
    hit=Q(solved=True),
    per="thread_key",
    left_out=(*LEFT_OUT, (COUNTS, _("A later answer in the same conversation counts"))),
    sides=(_("Solved"), _("Not solved"), _("Not counted")),
    rule=Rule(days=28, days_from="score_window_days", minimum=40, target=AtLeast(limit="6", goal="8")),
    source="https://sellercentral.amazon.co.uk/gp/help/external/help.html?itemID=LE8H7ZDEAUB3BMK&language=en_GB",
)

dissatisfaction_rate = LatestShare(
    slug="dissatisfaction_rate",
    title=_("Customer-service dissatisfaction rate"),
    short=_("Dissatisfied"),
    help=_(
        "Of the buyers who answered whether their problem was solved, the share who said no. Only the latest answer "
        "for each order counts; answers without an order count once for each conversation."
    ),
    group=GROUP,
    fact=answers,
    among=SOLVED_SURVEY,
    of=COUNTS,
    hit=Q(solved=False),
    per="order_key",
    left_out=(*LEFT_OUT, (COUNTS, _("A later answer about the same order counts"))),
    sides=(_("Not solved"), _("Solved"), _("Not counted")),
    rule=Rule(days=30, target=Below(limit="25", goal="20")),
    official=Q(metric=OfficialMetric.DISSATISFACTION_RATE),
    source="https://th4.ilovetranslation.com/cNyA0mDtQAD=d",
)

dissatisfaction_rate_7d = over(dissatisfaction_rate, 7, _("Customer-service dissatisfaction rate, 7 days"))
dissatisfaction_rate_90d = over(dissatisfaction_rate, 90, _("Customer-service dissatisfaction rate, 90 days"))

csat = LatestShare(
    slug="csat",
    title=_("Satisfied buyers"),
    short=_("CSAT"),
    help=_(
        "Of the buyers who rated a conversation, the share who were satisfied: at or above three quarters of the scale "
        "(4 and 5 of 5, 8 to 10 of 10) or “yes”. Only the latest rating of each conversation counts. Ratings on "
        "different scales are never averaged; each is read on its own scale."
    ),
    group=GROUP,
    fact=answers,
    among=RATINGS,
    of=COUNTS & Q(satisfied__isnull=False),
    hit=Q(satisfied=True),
    per="thread_key",
    left_out=(
        *LEFT_OUT,
        (Q(satisfied__isnull=True), _("No rating that can be placed on a scale")),
        (COUNTS, _("A later answer in the same conversation counts")),
    ),
    sides=(_("Satisfied"), _("Not satisfied"), _("Not counted")),
    rule=Rule(days=30),
    source="https://www.eesel.ai/blog/zendesk-csat-good-vs-bad-rating",
)

survey_answer_rate = Share(
    slug="survey_answer_rate",
    title=_("Surveys answered"),
    short=_("Answered"),
    help=_(
        "Of the surveys that buyers were asked in the window, the share they answered, whatever the answer and however "
        "late it came. Surveys whose moment of asking is unknown are in no figure."
    ),
    group=GROUP,
    fact=surveys,
    of=ASKED,
    hit=COUNTS,
    by="kind",
    left_out=LEFT_OUT,
    sides=(_("Answered"), _("Not answered"), _("Not counted")),
    rule=Rule(days=30),
    source="https://docs.gorgias.com/en-US/how-metrics-are-calculated-406747",
)
