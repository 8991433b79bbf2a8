"""What buyers answer to "Did this solve your problem?"."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import answers
from kpis.metrics import LatestShare, Rule, Score
from kpis.targets import AtLeast, Below
from messaging.models import Standing, SurveyKind

GROUP = _("Satisfaction")

SOLVED_SURVEY = Q(kind=SurveyKind.SOLVED)
COUNTS = Q(standing=Standing.COUNTS)
LEFT_OUT = (
    (Q(standing=Standing.DELETED), _("Deleted at the source")),
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
    source="https://th4.ilovetranslation.com/cNyA0mDtQAD=d",
)
