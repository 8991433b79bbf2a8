"""After an upgrade, what an older release wrote is derived anew once, and a second start finds nothing to do."""

from datetime import date

import pytest
from django.db.models import QuerySet

from intake.gate import ingest
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import Feedback, Mention, Order, Return, Shipment
from sellers.derivation import catch_up
from sellers.marks import Mark
from sellers.models import DERIVATION, SellerAccount
from tests.makers import make_account
from tests.test_gate import NOW, batch, conversation, message, order

pytestmark = pytest.mark.django_db

DERIVING = (Conversation, Message, Turn, SurveyAnswer, Order, Shipment, Return, Feedback)


def derived():
    """Every derived column of every row, and who wrote about which order."""
    rows = {model: list(model.objects.order_by("pk").values("pk", *model.derived)) for model in DERIVING}
    return rows, list(Mention.objects.order_by("order_external_id").values("order_external_id", "by_buyer"))


def test_rows_of_an_older_release_are_derived_anew_once():
    account = make_account("acme", derivation=1)
    ingest(
        account,
        batch(
            conversation(order_external_ids=["o-1"]),
            conversation("c-2", order_external_ids=["o-1"], status="spam"),
            message(),
            message("m-3", conversation_external_id="c-2"),
            message("m-2", author_kind="agent", direction="outbound", sent_at="2026-11-10T15:00:00Z"),
            order(
                ship_by_at="2026-11-05T10:00:00Z", deliver_by_at="2026-11-08T10:00:00Z",
                shipments=[{"external_id": "1", "confirmed_at": "2026-11-04T10:00:00Z", "tracking_number": ""}],
            ),
            {
                "type": "return", "external_id": "r-1", "order_external_id": "o-1",
                "requested_at": "2026-11-01T10:00:00Z", "buyer_solved": False,
            },
            {"type": "return", "external_id": "r-2", "requested_at": "2026-11-01T10:00:00Z"},
            {
                "type": "feedback", "external_id": "f-1", "order_external_id": "o-1", "rating": 1,
                "rated_on": "2026-11-02",
            },
            {
                "type": "feedback", "external_id": "f-2", "order_external_id": "o-1", "rating": 5,
                "rated_on": "2026-11-03",
            },
            {"type": "policy_violation", "external_id": "v-1", "category": "other", "opened_on": "2026-11-04"},
            {
                "type": "survey_answer", "external_id": "s-1", "kind": "solved", "solved": True,
                "conversation_external_id": "c-1", "answered_at": "2026-11-11T10:00:00Z",
            },
        ),
        owner="test",
        now=NOW,
    )  # fmt: skip
    before = derived()
    assert before[1] == [{"order_external_id": "o-1", "by_buyer": True}]
    # As if the columns had just been added: plain querysets, which derive and mark nothing.
    Mention.objects.all().delete()
    spam = Conversation.objects.get(external_id="c-2")
    Mention.objects.create(account=account, order_external_id="o-1", conversation_id=spam.pk, by_buyer=True)
    QuerySet(Conversation).update(first_message_at=None, buyer_started=None, human_replies=7, outcome=1, one_touch=1)
    QuerySet(Order).update(perfect=True, refunded=True, shipment=0, negative_feedback=True, defective=True)
    QuerySet(SurveyAnswer).update(standing=2)
    QuerySet(Shipment).update(day=None, deliver_by_at=None, delivery=8, tracking=6)
    QuerySet(Return).update(answer=4, answer_due_at=None, dissatisfied=False)
    QuerySet(Feedback).update(standing=0)
    Mark.objects.all().delete()
    QuerySet(Turn).update(first=False, topic="stale", acknowledged_seconds=None)
    said: list[str] = []
    assert catch_up(NOW, said.append) == 1
    assert derived() == before
    # What is counted for the first time is counted, also where nothing had to be derived.
    assert Mark.objects.filter(fact="violations", day=date(2026, 11, 4)).exists()
    assert said == ["acme: working out what this release derives from its rows ..."]
    assert SellerAccount.objects.get().derivation == DERIVATION
    assert catch_up(NOW, said.append) == 0
