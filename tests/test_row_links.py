"""The IDs in the rows behind a figure lead to the pages of their conversations and orders."""

import pytest
from django.test import Client
from django.urls import reverse

from kpis.sweep import sweep
from orders.models import Feedback, Shipment
from orders.recompute import recompute_orders
from tests.makers import NOW, at, make_account, make_answer, make_conversation, make_order, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def links(account, metric, side="for"):
    """The addresses in the rows behind a figure."""
    sweep(NOW)
    client = Client()
    client.force_login(make_user("", account))
    page = client.get(f"/accounts/{account.key}/{metric}/?part={side}&columns=all").context["page"]
    return [link for row in page.table.rows for *_cell, link in row["cells"] if link]


def test_messages_turns_and_conversations_lead_to_their_conversation():
    account = make_account()
    conversation = make_conversation(
        account, ("buyer", "2026-01-10 10:00"), ("agent", "2026-01-12 10:00"), resolved="2026-01-12 11:00"
    )
    page = reverse("conversation", args=[account.key, conversation.pk])
    asked = conversation.messages.get(author_kind="buyer")
    assert links(account, "late_response_rate") == [page, f"{page}?message={asked.pk}#m-{asked.pk}"]
    assert links(account, "within_24h_rate", "against") == [page]
    assert links(account, "conversations_resolved") == [page]


def test_orders_packages_and_what_was_said_about_orders_lead_to_the_order():
    account = make_account()
    order = make_order(account, "2026-01-03 10:00", ship_by="2026-01-04 10:00", deliver_by_at=at("2026-01-08 10:00"))
    package = Shipment.objects.create(
        account=account, order=order, external_id="p1", confirmed_at=at("2026-01-05 10:00"), carrier="UPS",
        tracking_number="1", scan_count=1,
    )  # fmt: skip
    for number, name in enumerate((order.external_id, "never-came")):
        Feedback.objects.create(
            account=account, system="test", external_id=f"f-{number}", order_external_id=name, rating=1,
            rated_at=at("2026-01-10 10:00"),
        )  # fmt: skip
    recompute_orders(account, [order.external_id, "never-came"], NOW)
    page = reverse("order", args=[account.key, order.pk])
    assert links(account, "late_shipment_rate") == [page]
    assert links(account, "valid_tracking_rate", "against") == [page, f"{page}#shipment-{package.pk}"]
    assert links(account, "negative_feedback_received") == [page]  # the other order has not come in


def test_an_answer_leads_to_its_conversation_and_its_order():
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-10 10:00"))
    order = make_order(account, "2026-01-03 10:00")
    make_answer(account, "2026-01-11 10:00", conversation=conversation, order_external_id=order.external_id)
    make_answer(account, "2026-01-12 10:00")
    assert links(account, "dissatisfaction_rate", "against") == [
        reverse("conversation", args=[account.key, conversation.pk]),
        reverse("order", args=[account.key, order.pk]),
    ]
