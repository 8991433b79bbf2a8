"""The page of one order: what happened to it, and why each of its verdicts is as it is."""

import re
from datetime import time

import pytest
from django.test import Client
from django.urls import reverse

from intake import corrections
from intake.corrections import Change
from intake.models import Correction
from orders.models import Chargeback, Claim, Feedback, Mention, Return, Shipment
from orders.recompute import recompute_orders
from sellers.models import Membership
from tests.makers import NOW, at, client_of, make_account, make_answer, make_conversation, make_order, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def response_of(order, client=None):
    client = client or client_of(order.account)
    response = client.get(reverse("order", args=[order.account.key, order.pk]))
    assert response.status_code == 200
    return response


def verdicts(order):
    """What the page says of the order itself: {title: (word, colour, why)}."""
    page = response_of(order).context["page"]
    return {str(one.title): (str(one.word), one.band.value, one.why) for one in page.verdicts}


def piece(order, title):
    """What the page says of one package, return or rating."""
    page = response_of(order).context["page"]
    return next(one for one in page.pieces if str(one.title) == title)


def about(order, model, external_id="e-1", **values):
    row = model.objects.create(
        account=order.account, system="test", external_id=external_id, order_external_id=order.external_id, **values
    )
    recompute_orders(order.account, [order.external_id], NOW)
    return row


def test_a_stranger_and_another_account_find_nothing():
    account, other = make_account(), make_account()
    order = make_order(account, "2026-01-05 10:00")
    client = client_of(other)
    assert client.get(f"/accounts/{account.key}/orders/{order.pk}/").status_code == 404
    assert client.get(f"/accounts/{other.key}/orders/{order.pk}/").status_code == 404


class TestShipment:
    def test_a_late_one_names_both_moments_and_how_late(self):
        account = make_account(time_zone="Europe/Berlin")
        # Due 10:00 UTC on the 7th, confirmed 13:30 UTC on the 9th: two days and three and a half hours late.
        order = make_order(account, "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-09 13:30")
        assert verdicts(order)["Shipment"] == (
            "Confirmed after the ship-by date",
            "red",
            "Confirmed on 9 Jan 2026, 14:30, 2 d 3 h after it was due: "
            "7 Jan 2026, 11:00 (the ship-by date of the source).",
        )

    def test_one_in_time_says_how_early(self):
        order = make_order(make_account(), "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 12:00")
        word, band, why = verdicts(order)["Shipment"]
        assert (word, band) == ("Confirmed by the ship-by date", "green")
        assert why.startswith("Confirmed on 6 Jan 2026, 12:00, 22 h before it was due: 7 Jan 2026, 10:00")

    def test_without_a_stated_date_it_is_worked_out_from_the_handling_time(self):
        account = make_account(handling_days=1, same_day_cutoff=time(12))
        # Tuesday 6 January plus one working day: the end of Wednesday.
        order = make_order(account, "2026-01-06 10:00")
        _word, band, why = verdicts(order)["Shipment"]
        assert band == "red"
        assert why.startswith(
            "Not confirmed. It was due 7 Jan 2026, 23:59 (worked out from the handling time in working days)."
        )

    def test_what_the_marketplace_ships_has_no_colour(self):
        order = make_order(
            make_account(), "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-09 10:00",
            fulfilled_by="marketplace",
        )  # fmt: skip
        _word, band, why = verdicts(order)["Shipment"]
        assert band == "none"
        assert why.endswith("The marketplace ships it, so the seller's rate leaves it out.")


@pytest.mark.parametrize(
    ("values", "word", "why"),
    [
        ({"cancelled_by": "seller"}, "Cancelled for a reason of the seller",
         "The seller cancelled it on 7 Jan 2026, 10:00, and the buyer had not asked for it on the platform."),
        ({"cancelled_by": "seller", "buyer_cancel_requested_at": at("2026-01-06 12:00")},
         "Cancelled at the buyer's request",
         "The buyer asked for it on the platform on 6 Jan 2026, 12:00, which protects the seller."),
        ({"cancelled_by": "buyer"}, "Cancelled at the buyer's request",
         "The buyer cancelled it on 7 Jan 2026, 10:00."),
        ({"cancelled_by": "marketplace", "cancel_reason": "Not shipped in time"},
         "Cancelled for a reason of the seller",
         "The marketplace cancelled it through the seller's fault: “Not shipped in time”."),
        ({"cancelled_by": "marketplace"}, "Cancelled by the marketplace, not the seller's fault",
         "The marketplace cancelled it, and no source names a fault of the seller."),
        ({}, "Cancelled, unknown by whom",
         "Cancelled on 7 Jan 2026, 10:00. No source says who did it, so no rate counts it."),
        ({"cancelled_by": "buyer", "cancellation_counts": True}, "Cancelled for a reason of the seller",
         "The platform says that this cancellation counts."),
    ],
)  # fmt: skip
def test_a_cancellation_says_whose_it_was(values, word, why):
    order = make_order(
        make_account(), "2026-01-06 10:00", status="cancelled", cancelled_at=at("2026-01-07 10:00"), **values
    )
    said = verdicts(order)["Cancellation"]
    assert (said[0], said[2]) == (word, why)


def test_a_defect_names_its_parts_and_each_part_says_whether_it_counts():
    order = make_order(make_account(), "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 12:00")
    about(order, Feedback, "f-old", rating=5, rated_at=at("2026-01-08 10:00"))
    about(order, Feedback, "f-new", rating=1, rated_at=at("2026-01-09 10:00"), comment="<i>Broken</i>")
    about(order, Claim, opened_at=at("2026-01-10 10:00"), status="denied")
    about(order, Chargeback, initiated_at=at("2026-01-11 10:00"), reason="Fraudulent")
    order.refresh_from_db()
    said = verdicts(order)
    assert said["Defect"] == (
        "With a defect",
        "red",
        "It has feedback of one or two stars; an order counts once, on the day it was placed.",
    )
    assert said["Perfect order"][2] == "Because it has a defect."
    assert piece(order, "Feedback: 5 of 5").verdicts[0].why == "A later rating of the order stands instead."
    assert piece(order, "Feedback: 1 of 5").verdicts[0].why == "One or two stars are negative feedback."
    assert piece(order, "A-to-z Guarantee claim").verdicts[0].why == (
        "A claim that was denied or withdrawn does not count."
    )
    assert piece(order, "Chargeback").verdicts[0].why == "A chargeback about fraud is the platform's risk."
    html = response_of(order).content.decode()
    assert "&lt;i&gt;Broken&lt;/i&gt;" in html
    assert "<i>Broken" not in html


def test_under_the_rule_that_every_claim_counts_a_denied_one_does():
    account = make_account(atoz_rule="all")
    order = make_order(account, "2026-01-06 10:00")
    about(order, Claim, opened_at=at("2026-01-10 10:00"), status="denied")
    order.refresh_from_db()
    assert order.claim_counts
    verdict = piece(order, "A-to-z Guarantee claim").verdicts[0]
    assert verdict.band.value == "red"
    assert verdict.why == "By the rule of this account every A-to-z claim counts, whatever its outcome."


def test_a_package_says_when_it_arrived_against_its_promise_and_why_its_tracking_fails():
    account = make_account()
    order = make_order(account, "2026-01-06 10:00", deliver_by_at=at("2026-01-10 23:59"), status="shipped")
    Shipment.objects.create(
        account=account, order=order, external_id="p1", confirmed_at=at("2026-01-07 10:00"), carrier="UPS",
        tracking_number="123", delivered_at=at("2026-01-12 11:59"), scan_count=3,
    )  # fmt: skip
    recompute_orders(account, [order.external_id], NOW)
    delivery, tracking = piece(order, "Package p1").verdicts
    # From the 10th, 23:59, to the 12th, 11:59, are 36 hours.
    assert delivery.why == "Delivered on 12 Jan 2026, 11:59, 1 d 12 h after the promised end: 10 Jan 2026, 23:59."
    assert delivery.band.value == "red"
    assert tracking.why == "“123” cannot be a number of UPS."
    assert tracking.band.value == "red"


def test_a_return_says_how_long_its_answer_took_against_48_hours():
    order = make_order(make_account(), "2026-01-06 10:00")
    about(order, Return, "r-1", requested_at=at("2026-01-10 10:00"), responded_at=at("2026-01-12 13:00"),
          status="rejected", in_policy=True, buyer_solved=False)  # fmt: skip
    answer, rejection, buyer = piece(order, "Return r-1").verdicts
    # 48 hours end on the 12th, 10:00.
    assert answer.why == (
        "Requested on 10 Jan 2026, 10:00, answered on 12 Jan 2026, 13:00: 3 h after the 48 hours (12 Jan 2026, 10:00)."
    )
    assert answer.band.value == "red"
    assert rejection.word == "Turned down although within the policy"
    assert buyer.word == "Negative return feedback"


def test_the_invoice_of_a_business_order_is_judged_by_one_business_day():
    account = make_account()
    # Confirmed on Friday 9 January, so due at the end of Monday the 12th; uploaded on Tuesday at 09:59:59.
    order = make_order(
        account, "2026-01-08 10:00", ship_by="2026-01-09 20:00", confirmed="2026-01-09 15:00", is_business=True,
        invoice_uploaded_at=at("2026-01-13 09:59:59"),
    )  # fmt: skip
    assert verdicts(order)["Invoice"] == (
        "Uploaded late",
        "red",
        "Uploaded on 13 Jan 2026, 09:59, 10 h late. Due 12 Jan 2026, 23:59, one business day after the shipment.",
    )
    private = make_order(account, "2026-01-08 10:00")
    assert "Invoice" not in verdicts(private)


def test_the_timeline_has_everything_in_the_order_of_time_with_its_deadlines():
    account = make_account()
    order = make_order(account, "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 15:00")
    about(order, Feedback, rating=4, rated_on=at("2026-01-12 00:00").date())
    conversation = make_conversation(account, ("buyer", "2026-01-08 10:00"), subject="Where is it?")
    Mention.objects.create(
        account=account, order_external_id=order.external_id, conversation_id=conversation.pk, by_buyer=True
    )
    page = response_of(order).context["page"]
    told = [(str(one.what), one.when, one.is_deadline) for one in page.timeline]
    assert told == [
        ("Placed", "6 Jan 2026, 10:00", False),
        ("Shipment confirmed", "6 Jan 2026, 15:00", False),
        ("Ship by", "7 Jan 2026, 10:00", True),
        ("The buyer wrote", "8 Jan 2026, 10:00", False),
        ("Feedback left", "12 Jan 2026", False),
    ]
    assert reverse("conversation", args=[account.key, conversation.pk]) in response_of(order).content.decode()


def test_corrections_are_offered_to_managers_and_applied_ones_show_to_everyone():
    account = make_account()
    order = make_order(account, "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 15:00")
    manager = make_user("mei", account, role=Membership.Role.MANAGER)
    change = Change(Correction.Kind.EXCLUDE)
    proposal = corrections.propose(
        account, order, change, by=manager, now=NOW, reason="Our own purchase", case_number=""
    )
    corrections.apply(proposal, NOW, manager)
    client = Client()
    client.force_login(manager)
    html = response_of(order, client).content.decode()
    assert reverse("correct", args=[account.key, "order", order.pk]) in html
    assert reverse("correct", args=[account.key, "shipment", order.shipments.get().pk]) in html
    assert reverse("correction_step", args=[account.key, proposal.pk, "undo"]) in html
    html = response_of(order).content.decode()
    assert "A person excluded it, so no rate counts it." in html
    assert "Our own purchase" in html
    assert not re.search(r"/correct/|/undo/", html)


@pytest.mark.parametrize("pieces", [1, 40])
def test_an_order_takes_as_many_queries_however_much_was_reported_about_it(pieces, django_assert_num_queries):
    account = make_account()
    order = make_order(account, "2026-01-06 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-06 15:00")
    for number in range(pieces):
        Shipment.objects.create(account=account, order=order, external_id=f"p{number}", tracking_number=f"{number}")
        about(order, Return, f"r-{number}", requested_at=at("2026-01-10 10:00"))
        about(order, Claim, f"c-{number}", opened_at=at("2026-01-10 10:00"))
        make_answer(account, "2026-01-11 10:00", order_external_id=order.external_id)
        conversation = make_conversation(account, ("buyer", "2026-01-08 10:00"))
        Mention.objects.create(
            account=account, order_external_id=order.external_id, conversation_id=conversation.pk, by_buyer=True
        )
    client = client_of(account)
    response_of(order, client)
    # Session, user, account; the order, packages, returns, ratings, claims, chargebacks, answers, corrections,
    # switches, conversations; around the page five, as on every page of an account.
    with django_assert_num_queries(19):
        page = response_of(order, client).context["page"]
    # The confirmed package of the order, and of each kind as many as were made.
    assert len(page.pieces) == 1 + 4 * pieces
