"""By what turns and answers are told apart: who answered, and what about."""

from collections.abc import Mapping

from django.db.models import BigIntegerField, Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from kpis.catalogue.facts import answers, turns
from kpis.catalogue.resolution import DURATIONS
from kpis.catalogue.response import ANSWERED, GROUP, average_response_time, first_response_time, within_24h_rate
from kpis.catalogue.satisfaction import customer_service_score
from kpis.metrics import Metric, Rule, Share
from messaging.models import Agent, Author, Direction, Message, Reply, Visibility

PEOPLE = Agent
NOBODY = 0  # the key of turns that no person has answered; no row of `PEOPLE` has it

# Counted by person only: of an account as a whole, hand-overs are counted per conversation.
taken_over = Share(
    slug="taken_over",
    title=_("Taken over"),
    help=_("Of the answers, those with which a person took a conversation over from the one who answered before."),
    group=GROUP,
    fact=turns,
    of=ANSWERED,
    hit=Q(handed_over=True),
    rule=Rule(days=30),
    source=DURATIONS,
)

WITHIN, REPLY, FIRST, TAKEN_OVER, SOLVED = (
    within_24h_rate, average_response_time, first_response_time, taken_over, customer_service_score,
)  # fmt: skip

# A person's public reply, as turns read it. A copy that came a second time by another way is not the reply.
HUMAN_REPLY = Q(
    author_kind=Author.AGENT,
    direction=Direction.OUTBOUND,
    visibility=Visibility.PUBLIC,
    automatic=False,
    excluded=False,
    deleted_at=None,
) & ~Q(extra__has_key="duplicate_of_external_id")

# The author of the last reply before the buyer answered the survey, whoever has the conversation today.
CREDIT = Subquery(
    Message.objects.filter(HUMAN_REPLY, conversation=OuterRef("conversation"), sent_at__lte=OuterRef("answered_at"))
    .order_by("-sent_at", "-external_id")
    .values("agent")[:1]
)

# Of each fact, what its rows are told apart by.
BY_PERSON: Mapping[str, Combinable] = {
    turns.slug: Case(When(reply=Reply.NONE, then=Value(NOBODY)), default=F("agent_id"), output_field=BigIntegerField()),
    answers.slug: CREDIT,
}
# Of the turns, what they were about and where, under the names by which figures are broken down.
BY_SUBJECT: Mapping[str, Combinable] = {"topic": F("topic"), "channel": F("channel")}

OF_PEOPLE: tuple[Metric, ...] = (WITHIN, REPLY, FIRST, TAKEN_OVER, SOLVED)
