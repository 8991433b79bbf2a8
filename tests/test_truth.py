"""The proof's own reading of a condition: for any rows, nulls among them, it says what the database says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Case, Exists, F, Q, Value, When
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kpis.catalogue import DECLARED, FACTS
from kpis.recounting import recount_of
from kpis.truth import Unreadable, columns_of, verdict_of
from messaging.models import Message, SurveyAnswer
from orders.models import Order
from tests.makers import make_account

START = datetime(2026, 3, 1, tzinfo=UTC)
numbers = st.none() | st.integers(0, 3)
moments = st.none() | st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours))
texts = st.sampled_from(["", "merchant", "marketplace", "pending", "shipped"])

# Columns of an order that may be null, and some that may not.
leaves = st.one_of(
    st.tuples(st.sampled_from(["shipment", "cancellation", "standing"]), st.integers(0, 3)),
    st.tuples(st.sampled_from(["shipment__in", "cancellation__in"]), st.lists(numbers, max_size=3)),
    st.tuples(st.sampled_from(["shipment__gt", "standing__lte", "cancellation__gte"]), st.integers(0, 3)),
    st.tuples(st.just("standing__range"), st.tuples(st.integers(0, 2), st.integers(1, 3))),
    st.tuples(
        st.sampled_from(["ship_by_at", "ship_by_at__lt", "cancelled_at__gte", "cancelled_at"]), moments.filter(bool)
    ),
    st.tuples(st.just("ship_by_at__range"), st.tuples(moments.filter(bool), moments.filter(bool))),
    st.tuples(st.just("ship_by_at__in"), st.lists(moments, max_size=2)),
    st.tuples(st.sampled_from(["ship_by_at__isnull", "cancelled_at__isnull", "status__isnull"]), st.booleans()),
    st.tuples(st.sampled_from(["cancelled_at", "total_amount"]), st.none()),
    st.tuples(st.sampled_from(["is_test", "claimed"]), st.booleans()),
    st.tuples(st.sampled_from(["fulfilled_by", "status"]), texts),
    st.tuples(st.just("status__in"), st.lists(texts, max_size=3)),
).map(lambda pair: Q(pair))


def joined(children):
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda pair: pair[0] & pair[1]),
        pairs.map(lambda pair: pair[0] | pair[1]),
        pairs.map(lambda pair: pair[0] ^ pair[1]),
        children.map(lambda child: ~child),
        pairs.map(lambda pair: ~(pair[0] & ~pair[1])),
    )


conditions = st.recursive(leaves, joined, max_leaves=8)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "shipment": st.integers(0, 3), "cancellation": st.integers(0, 3), "standing": st.integers(0, 3),
            "ship_by_at": moments, "cancelled_at": moments, "is_test": st.booleans(), "claimed": st.booleans(),
            "fulfilled_by": st.sampled_from(["", "merchant", "marketplace"]),
            "status": st.sampled_from(["pending", "shipped"]), "total_amount": st.none() | st.just(5),
        }
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


class TestAnyCondition(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(condition=conditions, rows=rows)
    def test_a_row_meets_a_condition_here_exactly_when_it_does_in_the_database(self, condition, rows):
        account = make_account()
        Order.objects.bulk_create(
            Order(account=account, system="x", external_id=str(number), placed_at=START, **values)
            for number, values in enumerate(rows)
        )
        columns = columns_of(condition)
        verdict = verdict_of(condition, Order, columns)
        asked = Order._base_manager.filter(account=account).annotate(
            told=Case(When(condition, then=Value(1)), default=Value(0))
        )
        for told, *row in asked.values_list("told", *columns):
            assert bool(verdict(row)) == bool(told), (condition, dict(zip(columns, row, strict=True)))


@pytest.mark.parametrize(
    "condition",
    [
        Q(comment__icontains="late"),
        Q(answered_at__date="2026-01-01"),
        Q(conversation__channel="email"),
        Q(external_id__gt="a"),
        Q(solved=F("solved")),
        Q(extra={}),
        Q(nothing=1),
        Q(Exists(Message.objects.all())),
    ],
)
def test_what_it_cannot_work_out_it_refuses(condition):
    with pytest.raises(Unreadable):
        verdict_of(condition, SurveyAnswer, columns_of(condition))


def test_unknown_is_neither_true_nor_false_but_not_unknown_is_true_where_django_says_so():
    # NULL = 1 is unknown; Django writes NOT (solved = 1 AND solved IS NOT NULL), which is true for NULL.
    assert verdict_of(Q(solved=True), SurveyAnswer, ["solved"])([None]) is None
    assert verdict_of(~Q(solved=True), SurveyAnswer, ["solved"])([None]) is True
    assert verdict_of(Q(solved=True) | Q(kind="solved"), SurveyAnswer, ["solved", "kind"])([None, "solved"]) is True
    assert verdict_of(Q(solved=True) & Q(kind="solved"), SurveyAnswer, ["solved", "kind"])([None, "csat"]) is False


@pytest.mark.parametrize("slug", sorted(FACTS))
def test_every_declared_sum_can_be_recounted_and_has_a_name(slug):
    names = recount_of(slug).names
    assert len(set(names)) == len(names)
    slugs = {metric.slug for metric in DECLARED}
    for name in names:
        for group in name.split("; "):
            metrics, word = group.split(": ")
            assert set(metrics.split(", ")) <= slugs
            assert word in ("counted", "opened", "hits", "total")
