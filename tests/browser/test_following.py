"""From a figure to its conversations and orders, in a real browser."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from intake import corrections
from intake.corrections import Change
from intake.models import Correction
from kpis.sweep import sweep
from messaging.models import MessageBody
from messaging.recompute import recompute_conversations
from orders.models import Claim, Feedback, Mention, Return, Shipment
from orders.recompute import recompute_orders
from sellers.models import Membership
from tests.browser.test_screens import SIZES, sideways, too_small
from tests.makers import NOW, at, changes, make_account, make_answer, make_conversation, make_order, make_user

pytestmark = pytest.mark.browser

TEXTS = (
    "Wo bleibt meine Lieferung? https://track.example/" + "1Z999AA10123456784" * 12,
    "Your message has reached us.",
    "Es tut uns leid. Das Paket liegt im Depot und kommt morgen.\n\nViele Grüße",
    "Danke!",
    "Der Kunde hat zweimal angerufen.",
)


@pytest.fixture
def keeper(transactional_db):
    """Somebody who may correct an account with one eventful order and the conversation about it."""
    account = make_account("lamps", name="Lumora Home", time_zone="Europe/Berlin")
    order = make_order(
        account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-09 13:30",
        deliver_by_at=at("2026-01-12 22:59"), external_id="113-7700001-1234567", is_business=True,
        buyer_key="9f8e7d6c5b4a",
        items=[{"title": "Desk lamp " + "L" * 60, "sku": "LAMP-1", "quantity": 2}],
    )  # fmt: skip
    Shipment.objects.create(
        account=account, order=order, external_id="p2", confirmed_at=at("2026-01-09 13:30"), carrier="UPS",
        tracking_number="1Z999AA10123456784", delivered_at=at("2026-01-14 09:00"), scan_count=4,
    )  # fmt: skip
    told = {"account": account, "system": "test", "order_external_id": order.external_id}
    Return.objects.create(
        **told, external_id="r-1", requested_at=at("2026-01-15 10:00"), responded_at=at("2026-01-18 10:00"),
        status="rejected", in_policy=True, comment="Zu spät",
    )  # fmt: skip
    Feedback.objects.create(**told, external_id="f-1", rating=1, rated_at=at("2026-01-16 10:00"), comment="Nie wieder")
    Claim.objects.create(**told, external_id="k-1", opened_at=at("2026-01-16 12:00"), status="denied")
    recompute_orders(account, [order.external_id], NOW)
    conversation = make_conversation(
        account,
        ("buyer", "2026-01-10 10:00"), ("auto", "2026-01-10 10:01"), ("agent:kim", "2026-01-11 11:00"),
        ("marked", "2026-01-11 12:00"), ("note", "2026-01-11 12:30"), ("buyer", "2026-01-20 09:00"),
        external_id="talk-1", language="de", subject="Wo bleibt meine Lieferung?", topic="Where is my order",
        url="https://example.com/messages/1", buyer_key="9f8e7d6c5b4a", priority="high",
        order_external_ids=[order.external_id, "113-7700002-7654321"],
        status_events=changes(("resolved", "2026-01-11 13:00")),
    )  # fmt: skip
    messages = list(conversation.messages.order_by("sent_at"))
    for message, text in zip(messages, TEXTS, strict=False):
        MessageBody.objects.create(message=message, text=text, attachments=[{"name": "foto.jpg", "size": 20_480}])
    make_answer(account, "2026-01-11 14:00", solved=False, conversation=conversation, comment="Noch nicht da")
    make_answer(account, "2026-01-12 14:00", solved=True, conversation=conversation)
    make_conversation(account, merged_into=conversation, external_id="talk-2")
    recompute_conversations(account, [conversation.id], NOW)
    Mention.objects.create(
        account=account, order_external_id=order.external_id, conversation_id=conversation.pk, by_buyer=True
    )
    user = make_user("mei", account, role=Membership.Role.MANAGER)
    change = Change(Correction.Kind.EXCLUDE)
    why = "Sent twice by the shop"
    proposal = corrections.propose(account, messages[1], change, by=user, now=NOW, reason=why, case_number="")
    corrections.apply(proposal, NOW, user)
    sweep(NOW)
    return user


SCREENS = {
    "conversation": "/accounts/lamps/find/?q=talk-1",
    "order": "/accounts/lamps/find/?q=113-7700001-1234567",
    "find": "/accounts/lamps/find/",
    "find-orders": "/accounts/lamps/find/?show=orders",
}


def test_a_manager_goes_from_a_figure_to_the_message_and_its_correction(new_page, keeper):
    page = new_page(keeper)
    page.goto("/accounts/lamps/late_response_rate/?part=for")
    page.locator("table.rows").get_by_role("link", name="talk-1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wo bleibt meine Lieferung?")
    expect(page.get_by_text("Answered by Kim on 11 Jan 2026, 12:00")).to_be_visible()
    page.get_by_role("link", name="113-7700001-1234567").click()
    expect(page.get_by_text("2 d 3 h after it was due")).to_be_visible()
    page.get_by_role("link", name="The buyer wrote").click()
    asked = page.locator("li.letter.buyer").first
    asked.get_by_text("Correct").click()
    asked.get_by_role("link", name="No reply needed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Message test:talk-1-m0")


def test_no_page_of_a_row_has_a_barrier_or_is_wider_than_its_window(new_page, keeper, shoot):
    for size, dark in product(SIZES, (False, True)):
        page = new_page(keeper, width=SIZES[size], dark=dark)
        for name, path in SCREENS.items():
            page.goto(path)
            assert sideways(page) == 0, name
            found = Axe().run(page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
            if size == "phone":
                assert too_small(page) == [], name
            shoot(page, f"{name}-{size}-{'dark' if dark else 'light'}")
