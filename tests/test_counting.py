"""For any facts, whatever the zone: engine = brute force, days add up, rows behind = figure, counting twice = once."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import quantiles

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kpis.catalogue import DECLARED, METRICS
from kpis.layouts import LAYOUTS
from kpis.metrics import Coverage, Imported, Share, Side, Tally, Times, Window
from kpis.models import DayTotal
from kpis.readings import Span, State, readings
from kpis.rows import rows_behind
from kpis.sweep import sweep
from kpis.totals import NOTHING, load_totals
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import (
    CancellationVerdict,
    Chargeback,
    Claim,
    Feedback,
    FulfilledBy,
    Mention,
    OfficialFigure,
    Order,
    ShipmentVerdict,
)
from sellers.marks import Mark
from tests.aftermath import (
    MOMENTS_AFTER,
    aftermaths,
    build_aftermath,
    metrics_by_hand,
    moments,
    newest_stated,
    size,
    stands,
)
from tests.correspondence import CLOCKS, SURVEYS, answers, build_correspondence, channels_in_use, conversations, waiting
from tests.correspondence import metrics_by_hand as correspondence_by_hand
from tests.makers import make_account, make_conversation

# Clocks go forward on 29 March 2026 in Berlin, back on 5 April in Lord Howe (by half an hour); they never change in
# Kathmandu (UTC+5:45), and go forward on 8 March in Los Angeles.
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Los_Angeles")
NOW = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
ON = date(2026, 4, 11)

placed = st.lists(
    st.tuples(
        moments,
        st.sampled_from(["merchant", "marketplace", ""]),
        st.sampled_from(["pending", "unshipped", "shipped", "cancelled"]),
        st.sampled_from(["", "buyer", "seller", "unknown"]),
        st.none() | st.integers(-24, 96),  # hours from placing to ship-by
        st.none() | st.integers(1, 120),  # hours from placing to confirmation
        st.none() | st.integers(1, 5),  # stars
        st.none() | st.sampled_from(["open", "granted", "denied", "withdrawn"]),  # an A-to-z claim
        st.none() | st.sampled_from(["fraudulent", "product_not_received"]),  # a chargeback
        st.none() | st.integers(0, 2),  # money given back
        st.sampled_from(["", "ann", "ben", "cleo"]),  # who bought
        st.none() | st.booleans(),  # a conversation about it, started by the buyer or not
        st.sampled_from([False, False, False, True]),  # excluded by a person
        st.none() | st.booleans(),  # of a business customer
        st.none() | st.integers(0, 150),  # hours from placing to the upload of the invoice
    ),
    max_size=15,
)


def build(zone, threads, given_answers, orders, aftermath):
    marketplace = "DE" if zone.startswith("Europe") else "US"
    account = make_account(time_zone=zone, score_window_days=28, marketplace=marketplace, handling_days=2)
    build_correspondence(account, threads, given_answers, NOW)
    for number, row in enumerate(orders):
        moment, by, status, who, due, confirmed, stars, claim, chargeback, money, buyer, *others = row
        wrote, excluded, business, uploaded = others
        order = Order.objects.create(
            account=account, system="test", external_id=f"o{number}", placed_at=moment, fulfilled_by=by, status=status,
            cancelled_by=who if status == "cancelled" else "",
            ship_by_at=None if due is None else moment + timedelta(hours=due),
            refunded_amount=money, buyer_key=buyer, excluded=excluded, is_business=business,
            invoice_uploaded_at=None if uploaded is None else moment + timedelta(hours=uploaded),
        )  # fmt: skip
        about = {"account": account, "system": "test", "external_id": f"o{number}", "order_external_id": f"o{number}"}
        if claim is not None:
            Claim.objects.create(status=claim, opened_at=moment + timedelta(days=4), **about)
        if chargeback is not None:
            Chargeback.objects.create(reason=chargeback, initiated_at=moment + timedelta(days=5), **about)
        if wrote is not None:
            Mention.objects.create(
                account=account, order_external_id=f"o{number}", conversation_id=number, by_buyer=wrote
            )
        if confirmed is not None:
            order.shipments.create(account=account, external_id="1", confirmed_at=moment + timedelta(hours=confirmed))
        if stars is not None:
            Feedback.objects.create(rating=stars, rated_at=moment + timedelta(days=3), **about)
    build_aftermath(account, aftermath, NOW)
    return account


# The metrics once more, as plain Python over single rows: (counted?, hit?). Nothing here is shared with the catalogue.
def in_rates(order):
    return order.status != "pending" and not order.excluded


def merchant(order):
    return in_rates(order) and order.fulfilled_by == FulfilledBy.MERCHANT


# What was said about an order, once more from the rows as they came in.
def said(order, model):
    return model.objects.filter(account=order.account_id, order_external_id=order.external_id)


def bad_feedback(order):
    return any(row.rating < 3 and stands(row) for row in said(order, Feedback))


def charged_back(order):
    return any(row.reason != "fraudulent" for row in said(order, Chargeback))


def claimed(order):
    return said(order, Claim).exists()


def claim_counts(order):
    return any(row.status in ("open", "granted") for row in said(order, Claim))


def defective(order):
    return bad_feedback(order) or charged_back(order) or claim_counts(order)


def sent(order):
    """When the last package was confirmed; None while one is not."""
    packages = [package.confirmed_at for package in order.shipments.all()]
    return None if None in packages else max(packages, default=None)


def weekday_from(day):
    """The day itself, or the Monday after a Saturday or Sunday."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def late(order):
    """Due as stated; else on the second working day after the local day it was placed."""
    if order.ship_by_at is not None:
        return sent(order) is not None and sent(order) > order.ship_by_at
    day = weekday_from(order.day + timedelta(days=1))
    day = weekday_from(day + timedelta(days=1))
    return sent(order) is not None and sent(order).astimezone(order.account.zone).date() > day


def flawed(order):
    by_seller = order.status == "cancelled" and order.cancelled_by == "seller" and sent(order) is None
    wrote = any(row.by_buyer for row in said(order, Mention))
    failed = merchant(order) and (late(order) or by_seller)
    return defective(order) or failed or bool(order.refunded_amount) or wrote


def invoice_due(order):
    """The last day for the invoice of a business order: the next Monday to Friday after its last package was sent."""
    if not order.is_business or sent(order) is None:
        return None
    return weekday_from(sent(order).astimezone(order.account.zone).date() + timedelta(days=1))


def invoice_counts(order):
    due, told = invoice_due(order), False
    for other in Order.objects.filter(account=order.account_id).exclude(invoice_uploaded_at=None):
        told = told or invoice_due(other) is not None
    over = due is not None and NOW.astimezone(order.account.zone).date() > due
    return in_rates(order) and due is not None and (order.invoice_uploaded_at is not None or (told and over))


def invoice_defect(order):
    uploaded = order.invoice_uploaded_at
    return uploaded is None or uploaded.astimezone(order.account.zone).date() > invoice_due(order)


BRUTE = {
    "cancellation_rate": (
        lambda order: merchant(order) and order.cancellation != CancellationVerdict.UNKNOWN,
        lambda order: order.cancellation == CancellationVerdict.SELLER,
    ),
    "late_shipment_rate": (
        lambda order: merchant(order) and order.shipment != ShipmentVerdict.UNKNOWN,
        lambda order: order.shipment == ShipmentVerdict.LATE,
    ),
    "order_defect_rate": (in_rates, defective),
    "order_defect_rate_mfn": (merchant, defective),
    "order_defect_rate_afn": (lambda order: in_rates(order) and order.fulfilled_by == "marketplace", defective),
    "order_defect_rate_every_claim": (in_rates, lambda order: defective(order) or claimed(order)),
    "negative_feedback_rate": (in_rates, bad_feedback),
    "atoz_claim_rate": (in_rates, claim_counts),
    "atoz_claim_rate_every": (in_rates, claimed),
    "chargeback_rate": (in_rates, charged_back),
    "perfect_order_percentage": (
        lambda order: (
            in_rates(order)
            and order.fulfilled_by != ""
            and not (merchant(order) and order.cancellation == CancellationVerdict.UNKNOWN)
            and not (merchant(order) and order.shipment == ShipmentVerdict.UNKNOWN)
        ),
        lambda order: not flawed(order),
    ),
    "invoice_defect_rate": (invoice_counts, invoice_defect),
    "refund_rate": (in_rates, lambda order: bool(order.refunded_amount)),
    "refund_rate_7d": (in_rates, lambda order: bool(order.refunded_amount)),
    "refund_rate_90d": (in_rates, lambda order: bool(order.refunded_amount)),
    "overdue_orders": (lambda order: merchant(order) and order.shipment == ShipmentVerdict.OVERDUE, lambda order: True),
}
BRUTE["late_shipment_rate_10d"] = BRUTE["late_shipment_rate"]


def brute_repeats(account, window):
    """Of the buyers in the window: how many had bought before their latest order in it, and how many there are."""
    bought = [
        order
        for order in Order.objects.filter(account=account).exclude(buyer_key="").exclude(status="cancelled")
        if in_rates(order)
    ]
    bought.sort(key=lambda order: (order.placed_at, order.external_id))
    latest = {order.buyer_key: order for order in in_window(bought, account, window)}
    firsts = {order.buyer_key: order for order in reversed(bought)}
    return sum(firsts[buyer] != order for buyer, order in latest.items()), len(latest)


BRUTE |= metrics_by_hand(NOW) | correspondence_by_hand(NOW)

MOMENTS = {
    Message: lambda row: row.sent_at,
    Turn: lambda row: row.opened_at,
    Order: lambda row: row.placed_at,
    SurveyAnswer: lambda row: row.answered_at,
    **MOMENTS_AFTER,
}


def local(row, account, fact=""):
    """The row's day by hand; None for a row without a moment."""
    moment = (CLOCKS.get(fact) or MOMENTS[type(row)])(row)
    return moment.astimezone(account.zone).date() if isinstance(moment, datetime) else moment


def in_window(rows, account, window, fact=""):
    return [row for row in rows if (day := local(row, account, fact)) and window.first <= day <= window.last]


def brute_latest(account, window, key, kinds, said, wanted):
    """The latest answer of each key in the window, the slow way."""
    latest = {}
    answered = SurveyAnswer.objects.filter(account=account, kind__in=kinds).exclude(answered_at=None)
    for row in sorted(answered, key=lambda row: (row.answered_at, row.external_id)):
        if row.standing == 0 and said(row) is not None and window.first <= local(row, account) <= window.last:
            latest[getattr(row, key)] = said(row)
    return sum(one is wanted for one in latest.values()), len(latest)


def rows_are_no_units(metric):
    """Metrics whose n counts something else than rows: conversations, times, rows on channels nobody expects too."""
    return (
        isinstance(metric, Coverage) or (isinstance(metric, Times) and metric.per) or metric.slug == "resolution_events"
    )


class TestAnyFacts(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        zone=st.sampled_from(ZONES), threads=conversations, given_answers=answers, orders=placed, aftermath=aftermaths
    )
    def test_every_figure_equals_its_rows_and_a_recount_by_hand(self, zone, threads, given_answers, orders, aftermath):
        account = build(zone, threads, given_answers, orders, aftermath)
        sweep(NOW)
        assert not Mark.objects.exists()
        for reading in readings(account, ON):
            metric = reading.metric
            self.assert_rows_behind(reading)
            if metric.slug == "repeat_purchase_rate":
                expected = brute_repeats(account, reading.window)
            elif metric.slug in SURVEYS:
                expected = brute_latest(account, reading.window, *SURVEYS[metric.slug])
            elif metric.slug == "buyer_waiting_time":
                expected = waiting(in_window(Turn.objects.filter(account=account), account, reading.window))
            elif metric.slug == "channel_diversity":
                begun = in_window(
                    Conversation.objects.filter(account=account), account, reading.window, "conversations"
                )
                if reading.value is not None:
                    assert (reading.numerator, reading.denominator) == channels_in_use(begun)
                continue
            elif isinstance(metric, Imported):
                rows = in_window(OfficialFigure.objects.filter(account=account), account, reading.window)
                assert (reading.value, reading.n) == newest_stated(metric, rows), metric.slug
                continue
            else:
                expected = self.brute(metric, account, reading.window)
            if isinstance(metric, Tally):
                assert (reading.value or 0, reading.n) == expected, metric.slug
            elif expected[1]:
                assert (reading.numerator, reading.n) == expected, metric.slug
            else:
                assert (reading.value, reading.n) == (None, 0), metric.slug

    def brute(self, metric, account, window):
        counted, hit = BRUTE[metric.slug]
        rows = in_window(metric.fact.model.objects.filter(account=account), account, window, metric.fact.slug)
        rows = [row for row in rows if counted(row)]
        hits = sum(hit(row) * size(metric, row) for row in rows)
        if isinstance(metric, Tally) and metric.column:
            return hits, hits
        return hits, sum(size(metric, row) for row in rows)

    def assert_rows_behind(self, reading):
        sides = {side: list(rows_behind(reading, side)) for side in Side}
        keys = [row["pk"] for rows in sides.values() for row in rows]
        assert len(keys) == len(set(keys)), "a row stands on one side only"
        assert all(row["reason"] for row in sides[Side.LEFT_OUT]), "a row that is left out says why"
        metric = reading.metric
        weight = metric.column if isinstance(metric, Tally) else getattr(metric, "weight", "")
        counted, against = (
            sum(row[weight] if weight else 1 for row in sides[side]) for side in (Side.FOR, Side.AGAINST)
        )
        if not rows_are_no_units(reading.metric):
            assert counted + against == reading.n
        if isinstance(reading.metric, Share) and reading.n:
            assert counted == reading.numerator
        if isinstance(reading.metric, Times) and reading.n:
            waited = sorted(self.times(reading.metric, sides[Side.FOR]))
            assert reading.value == Fraction(sum(waited), len(waited))
            if len(waited) > 1:
                assert abs(reading.stats["p90"] - quantiles(waited, n=10, method="inclusive")[8]) < Fraction(1, 1000)

    def times(self, metric, rows):
        """One time for each row, or for each conversation where its turns are added up."""
        added = defaultdict(int)
        for row in rows:
            added[row["conversation__external_id"] if metric.per else row["pk"]] += row[metric.column]
        return added.values()

    @settings(max_examples=15, deadline=None)
    @given(
        zone=st.sampled_from(ZONES), threads=conversations, given_answers=answers, orders=placed, aftermath=aftermaths
    )
    def test_day_totals_add_up_to_the_whole_and_a_second_sweep_changes_nothing(
        self, zone, threads, given_answers, orders, aftermath
    ):
        account = build(zone, threads, given_answers, orders, aftermath)
        sweep(NOW)
        stored = list(DayTotal.objects.order_by("pk").values_list("fact", "day", "sums"))
        for slug, layout in LAYOUTS.items():
            year = Window(date(2026, 1, 1), date(2026, 12, 31))
            totals = load_totals([account.id], {layout: year}).get((account.id, slug), NOTHING)
            whole = layout.fact.model.objects.filter(layout.fact.rows, account=account).exclude(
                **{layout.fact.day: None}
            )
            for part, position in layout.position.items():
                total = whole.aggregate(total=part.aggregate())["total"]
                begin, end = totals.place(year)
                assert totals.added(position)[end] - totals.added(position)[begin] == total
        sweep(NOW)
        assert list(DayTotal.objects.order_by("pk").values_list("fact", "day", "sums")) == stored

    @settings(max_examples=10, deadline=None)
    @given(
        zone=st.sampled_from(ZONES), threads=conversations, given_answers=answers, orders=placed, aftermath=aftermaths
    )
    def test_reading_many_weeks_at_once_gives_what_reading_each_alone_gives(
        self, zone, threads, given_answers, orders, aftermath
    ):
        account = build(zone, threads, given_answers, orders, aftermath)
        sweep(NOW)
        span = Span([account], DECLARED, {account.id: ON}, first=ON - timedelta(days=28))
        for back in (0, 7, 28):
            day = ON - timedelta(days=back)
            assert span.readings(account, day) == readings(account, day)


class TestProvisional(TestCase):
    def test_a_window_with_a_message_that_is_not_due_yet_is_provisional_until_it_is(self):
        account = make_account()
        make_conversation(account, ("buyer", "2026-04-11 20:00"), now=NOW)
        make_conversation(account, ("buyer", "2026-04-10 20:00"), ("agent", "2026-04-10 21:00"), now=NOW)
        sweep(NOW)
        reading = readings(account, ON, [METRICS["late_response_rate"]])[0]
        assert (reading.state, reading.numerator, reading.n) == (State.PROVISIONAL, 0, 1)
        assert reading.provisional_until == datetime(2026, 4, 13, 0, 0, tzinfo=UTC)
        sweep(datetime(2026, 4, 12, 20, 0, 1, tzinfo=UTC))
        reading = readings(account, ON, [METRICS["late_response_rate"]])[0]
        assert (reading.state, reading.numerator, reading.n) == (State.COMPUTED, 1, 2)
