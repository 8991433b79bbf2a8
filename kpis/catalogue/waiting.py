"""Who waits for an answer now: the turns that no person has answered, before and after their 24 hours."""

from django.db.models import Exists, OuterRef, Q

from kpis.catalogue.facts import turns
from kpis.catalogue.response import PENDING
from messaging.models import Reply, Turn
from messaging.turns import TARGET

FACT = turns
NOT_DUE = PENDING
OVERDUE = Q(reply=Reply.NONE)

# A conversation waits once: a later turn carries the wait, and its reply answered the buyer.
LATER_TURN = Exists(Turn.objects.filter(conversation=OuterRef("conversation"), opened_at__gt=OuterRef("opened_at")))
WAITS = (NOT_DUE | OVERDUE) & ~Q(LATER_TURN)

DUE_AFTER = TARGET
# What the queue shows of a turn: our word for it, and where it is found from the turn's row.
SHOWN = {
    "conversation": "conversation__external_id",
    "system": "conversation__system",
    "status": "conversation__status",
    "channel": "channel",
    "topic": "topic",
    "url": "conversation__url",
    "opened_at": "opened_at",
}
