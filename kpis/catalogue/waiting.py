"""Who waits for an answer now: turns that no person has answered, and return requests that nobody has answered."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, Substr

from kpis.catalogue.facts import returns, turns
from messaging.models import Agent, Turn
from messaging.turns import TARGET
from orders.models import ReturnAnswer, ReturnStanding

FACT = turns

# A conversation waits once: a later turn carries the wait, and its reply answered the buyer.
LATER_TURN = Exists(Turn.objects.filter(conversation=OuterRef("conversation"), opened_at__gt=OuterRef("opened_at")))
WAITS = Q(replied_at=None) & ~Q(LATER_TURN)

LIMIT = TARGET
SNIPPET = 160  # characters of the opening message that a list shows
LANGUAGE = "conversation__language"
# Systems that know no name of the assignee know at least an ID.
OWNER = Coalesce(NullIf("conversation__assignee_name", Value("")), "conversation__assignee_external_id")


def assigned_to(user: int, names: Collection[str]) -> Q:
    """Waits of conversations assigned to this user: to one of the agents they are, else to their very name.

    The name alone counts only where the source's agent is nobody else.
    """
    here = Agent.objects.filter(account=OuterRef("account"), system=OuterRef("conversation__system"))
    by_id: QuerySet = here.filter(external_id=OuterRef("conversation__assignee_external_id"))
    by_name = here.filter(name=OuterRef("conversation__assignee_name"), user=user).exclude(name="")
    named = Q(conversation__assignee_name__in=[name for name in names if name]) | Q(Exists(by_name))
    linked = by_id.exclude(user=None)
    return Q(Exists(by_id.filter(user=user))) | (named & ~Q(Exists(linked)))


# What the queue shows of a turn: our word for it, and where it is found from the turn's row.
SHOWN = {
    "turn": "pk",
    "account_id": "account_id",
    "conversation_id": "conversation_id",
    "conversation": "conversation__external_id",
    "system": "conversation__system",
    "status": "conversation__status",
    "channel": "channel",
    "topic": "topic",
    "language": LANGUAGE,
    "priority": "priority",
    "assignee": "owner",
    "subject": "conversation__subject",
    "text": "text",
    "url": "conversation__url",
    "opened_at": "opened_at",
    "target_seconds": "target_seconds",
    "target_due_at": "due_at",
}
WORKED_OUT = {"owner": OWNER, "text": Coalesce(Substr("opening__body__text", 1, SNIPPET), Value(""))}

# The second clock: a request for a return is to be answered within 48 hours.
RETURNS = returns
RETURN_DUE = "answer_due_at"
UNANSWERED = Q(standing=ReturnStanding.COUNTS, answer__in=[ReturnAnswer.WAITING, ReturnAnswer.NONE])
RETURN_SHOWN = {
    "account_id": "account_id",
    "row": "pk",
    "order": "order_external_id",
    "number": "external_id",
    "reason": "reason",
    "comment": "comment",
    "due_at": RETURN_DUE,
}
