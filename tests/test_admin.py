"""The console's repair bench: what a repair needs, what it does, and what it leaves behind."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse

from intake import corrections
from intake.gate import ingest
from intake.models import Correction
from messaging.models import Conversation, Message, Reply, Turn
from orders.models import Claim, Feedback, Order, ShipmentVerdict
from orders.models import Standing as Excluded
from sellers.audit import entries_of
from sellers.marks import Mark
from sellers.models import Membership, User
from tests.console import WHY, batch, claim, fill_in, list_of, marked_days, page_of, rows_found, said, shown
from tests.makers import NOW, at, make_account, make_answer, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db


def test_strangers_are_sent_to_the_products_own_sign_in(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_members_who_are_not_staff_do_not_get_in(client):
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"))
    client.force_login(make_user("bob", account, role=Membership.Role.MANAGER))
    for address in ("/admin/", list_of(Message), page_of(conversation)):
        assert client.get(address).status_code == 302
        assert client.get(address, follow=True).status_code == 403


def test_staff_without_rights_see_no_table(client):
    client.force_login(make_user("carol", is_staff=True))
    assert client.get("/admin/").status_code == 200
    assert client.get(list_of(Message)).status_code == 403


def test_the_console_says_whose_it_is(console):
    assert "Staygreen console" in console.get("/admin/").content.decode()


def test_a_repair_without_a_good_reason_is_refused(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    Mark.objects.all().delete()
    for reason in ("", "typo", "   short   "):
        response = fill_in(console, page_of(order), placed_at_0="2026-01-06", reason=reason)
        assert response.context["adminform"].errors["reason"]
    order.refresh_from_db()
    assert order.placed_at == at("2026-01-05 10:00")
    assert not Mark.objects.exists()
    assert entries_of(order).count() == 1  # that it was made


def test_a_repaired_moment_moves_the_turn_to_the_other_local_day_and_marks_both(console):
    """23:30 in Los Angeles on 4 January is 07:30 UTC on the 5th; an hour later it is the 5th there, too."""
    account = make_account(time_zone="America/Los_Angeles")
    conversation = make_conversation(account, ("buyer", "2026-01-05 07:30"), ("agent", "2026-01-05 20:00"))
    message = Message.objects.get(conversation=conversation, author_kind="buyer")
    assert (message.day, message.turn.day) == (date(2026, 1, 4), date(2026, 1, 4))
    Mark.objects.all().delete()

    response = fill_in(console, page_of(message), sent_at_1="08:30:00", reason=WHY)

    assert "2 days are being recounted: 2026-01-04, 2026-01-05." in said(response)
    message.refresh_from_db()
    turn = Turn.objects.get(conversation=conversation)
    assert (message.day, turn.day) == (date(2026, 1, 5), date(2026, 1, 5))
    assert turn.reply_seconds == message.reply_seconds == 11 * 3600 + 30 * 60
    assert marked_days("turns") == marked_days("contacts") == {date(2026, 1, 4), date(2026, 1, 5)}


def test_a_repair_leaves_who_when_why_old_and_new(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    fill_in(console, page_of(order), placed_at_0="2026-01-06", reason=WHY)
    entry = entries_of(order)[0]
    assert entry.actor == User.objects.get(username="ada")
    assert entry.additional_data == {"actor": "ada", "reason": WHY}
    assert entry.changes == {
        "placed_at": ["2026-01-05 10:00:00", "2026-01-06 10:00:00"],
        "day": ["2026-01-05", "2026-01-06"],
    }
    assert len(entry.cid) == 16


def test_the_history_of_a_row_is_readable(console):
    order = make_order(make_account(), "2026-01-05 10:00", ship_by="2026-01-07 10:00")
    fill_in(console, page_of(order), status="cancelled", cancelled_by="buyer", reason=WHY)
    page = console.get(reverse("admin:orders_order_history", args=[order.pk])).content.decode()
    for words in ("ada", WHY, "Unshipped", "Cancelled", "Cancelled by", "Buyer", entries_of(order)[0].cid):
        assert words in page


def test_a_repair_that_changes_nothing_leaves_no_entry(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    response = fill_in(console, page_of(order), reason=WHY)
    assert "Nothing is different" in said(response)
    assert entries_of(order).count() == 1


def test_what_is_worked_out_cannot_be_posted(console):
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 11:00"))
    message = Message.objects.get(conversation=conversation, author_kind="buyer")
    order = make_order(account, "2026-01-05 10:00")
    answer = make_answer(account, "2026-01-05 12:00")
    conversation.refresh_from_db()
    for row in (message, order, answer, conversation):
        posted = {
            "day": "2020-01-01", "reply": Reply.NONE, "reply_seconds": 5, "standing": 3, "shipment": 1,
            "defective": "on", "buyer_started": "", "stated": "{}", "raw_item_id": 7, "external_id": "x", "system": "x",
            "account": make_account().pk, "deleted_at_0": "2026-01-05", "deleted_at_1": "10:00:00",
        }  # fmt: skip
        fill_in(console, page_of(row), reason=WHY, **posted)
        before = {
            name: getattr(row, name) for name in (*row.derived, "external_id", "system", "account_id", "deleted_at")
        }
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in before} == before, row
        assert entries_of(row).count() == 1, row


def test_turns_can_only_be_looked_at(console):
    conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"))
    turn = conversation.turns.get()
    assert console.get(page_of(turn)).status_code == 200
    assert console.post(page_of(turn), {"reply": Reply.ON_TIME}).status_code == 403
    assert console.get(reverse("admin:messaging_turn_add")).status_code == 403


def test_facts_are_never_deleted(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    assert console.post(reverse("admin:orders_order_delete", args=[order.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in console.get(list_of(Order)).content.decode()


def test_a_message_that_moves_to_another_conversation_moves_its_turn(console):
    account = make_account()
    first = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("buyer", "2026-01-06 10:00"))
    second = make_conversation(account)
    message = first.messages.get(sent_at=at("2026-01-05 10:00"))
    fill_in(console, page_of(message), conversation=second.pk, reason=WHY)
    assert first.turns.get().opened_at == at("2026-01-06 10:00")
    assert second.turns.get().opened_at == at("2026-01-05 10:00")
    assert entries_of(message)[0].changes["conversation"] == [str(first), str(second)]


def test_a_row_never_joins_a_row_of_another_account_or_system(console):
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"))
    foreign = make_conversation(make_account())
    other_system = Conversation.objects.create(account=account, system="shopify", external_id="x", channel="email")
    message = conversation.messages.get()
    for target in (foreign, other_system):
        response = fill_in(console, page_of(message), conversation=target.pk, reason=WHY)
        assert response.context["adminform"].errors["conversation"]
    message.refresh_from_db()
    assert message.conversation_id == conversation.pk


def test_a_value_the_contract_refuses_is_refused_here_too(console):
    account = make_account()
    order = make_order(account, "2026-01-05 10:00")
    feedback = Feedback.objects.create(
        account=account, system="test", external_id="f", rating=1, rated_on=date(2026, 1, 5)
    )
    response = fill_in(console, page_of(order), placed_at_0="1999-01-01", reason=WHY)
    assert response.context["adminform"].errors["placed_at"]
    response = fill_in(console, page_of(feedback), rating=6, reason=WHY)
    assert response.context["adminform"].errors["rating"]
    response = fill_in(console, page_of(feedback), rated_on="", reason=WHY)
    assert response.context["adminform"].form.non_field_errors()
    response = fill_in(console, page_of(order), cancelled_at_0="2026-01-01", cancelled_at_1="00:00:00", reason=WHY)
    assert response.context["errors"]


def test_a_page_that_has_become_old_does_not_overwrite_what_somebody_else_repaired(console):
    order = make_order(make_account(), "2026-01-05 10:00", name="114-1")
    old_page = shown(console, page_of(order))
    fill_in(console, page_of(order), name="114-2", reason=WHY)
    response = console.post(page_of(order), {**old_page, "sales_channel": "Amazon.com", "reason": WHY})
    assert "somebody else" in str(response.context["adminform"].form.non_field_errors())
    order.refresh_from_db()
    assert (order.name, order.sales_channel) == ("114-2", "")


def test_repaired_packages_judge_the_order_anew(console):
    order = make_order(make_account(), "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-08 10:00")
    assert order.shipment == ShipmentVerdict.LATE
    Mark.objects.all().delete()
    fill_in(console, page_of(order), **{"shipments-0-confirmed_at_0": "2026-01-07", "reason": WHY})
    order.refresh_from_db()
    assert order.shipment == ShipmentVerdict.ON_TIME
    assert order.shipments.get().confirmed_at == at("2026-01-07 10:00")
    assert marked_days("orders") == {date(2026, 1, 5)}
    old, new = entries_of(order)[0].changes["shipments"]
    assert json.loads(old) == [{"external_id": "1", "confirmed_at": "2026-01-08T10:00:00+00:00"}]
    assert json.loads(new) == [{"external_id": "1", "confirmed_at": "2026-01-07T10:00:00+00:00"}]


def test_a_package_can_be_added_and_removed(console):
    order = make_order(make_account(), "2026-01-05 10:00", ship_by="2026-01-07 10:00")
    added = {
        "shipments-TOTAL_FORMS": 1,
        "shipments-0-external_id": "A",
        "shipments-0-confirmed_at_0": "2026-01-06",
        "shipments-0-confirmed_at_1": "09:00:00",
    }
    fill_in(console, page_of(order), reason=WHY, **added)
    order.refresh_from_db()
    assert (order.shipment, order.shipments.get().external_id) == (ShipmentVerdict.ON_TIME, "A")
    fill_in(console, page_of(order), **{"shipments-0-DELETE": "on", "reason": WHY})
    order.refresh_from_db()
    assert (order.shipment, order.shipments.count()) == (ShipmentVerdict.OVERDUE, 0)


def test_a_repaired_claim_judges_both_orders_anew(console):
    account = make_account()
    first, second = (make_order(account, "2026-01-05 10:00", external_id=key) for key in ("o-1", "o-2"))
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    first.refresh_from_db()
    assert first.defective
    fill_in(console, page_of(Claim.objects.get()), order_external_id="o-2", reason=WHY)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.defective, second.defective) == (False, True)


def test_no_import_undoes_a_repair_however_new(console):
    account = make_account()
    make_order(account, "2026-01-05 10:00", external_id="o-1")
    ingest(account, batch([claim("o-1", amount="10")]), owner="test", now=NOW)
    row = Claim.objects.get()
    raw_item_id = row.raw_item_id
    fill_in(console, page_of(row), status="denied", reason=WHY)
    row.refresh_from_db()
    assert (row.status, row.raw_item_id) == ("denied", raw_item_id)

    ingest(account, batch([claim("o-1", status="granted", amount="12")], "2026-01-12T00:00:00Z"), owner="test", now=NOW)
    row.refresh_from_db()
    assert (row.status, row.amount) == ("denied", 12)  # the amount was not repaired: the newer delivery has it

    later = NOW + timedelta(days=3650)  # the console reads the real clock
    newer = batch([claim("o-1", status="granted")], later.isoformat())
    ingest(account, newer, owner="test", now=later)
    row.refresh_from_db()
    assert row.status == "denied"


def test_an_edit_is_an_applied_correction_with_its_case_number(console):
    order = make_order(make_account(), "2026-01-05 10:00", name="114-1")
    fill_in(console, page_of(order), name="114-2", reason=WHY, case_number="A-77")
    correction = Correction.objects.get()
    assert (correction.state, correction.kind, correction.record_type) == ("applied", "values", "order")
    assert (correction.before, correction.after) == ({"name": "114-1"}, {"name": "114-2"})
    assert (correction.reason, correction.case_number) == (WHY, "A-77")
    assert correction.proposed_by == correction.applied_by == User.objects.get(username="ada")


def test_imports_leave_no_audit_entries(console):
    account = make_account()
    before = LogEntry.objects.count()
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    ingest(account, batch([claim("o-2")], "2026-01-11T00:00:00Z"), owner="test", now=NOW)
    assert Claim.objects.get().order_external_id == "o-2"
    assert LogEntry.objects.count() == before


def test_the_page_says_which_delivery_stated_which_field(console):
    account = make_account()
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    page = console.get(page_of(Claim.objects.get())).content.decode()
    assert "2026-01-10 00:00:00 UTC: external ID, order ID, opened on" in page


def test_a_fact_nobody_imported_can_be_written_down(console):
    account = make_account()
    order = make_order(account, "2026-01-05 10:00", external_id="o-1")
    Mark.objects.all().delete()
    given = {"account": account.pk, "external_id": "k-1", "order_external_id": "o-1", "opened_on": "2026-01-08"}
    response = fill_in(console, reverse("admin:orders_claim_add"), **given, reason=WHY)
    assert response.status_code == 200
    row = Claim.objects.get()
    assert (row.system, row.day, row.kind) == ("manual", date(2026, 1, 8), "a_to_z")
    order.refresh_from_db()
    assert order.defective
    assert marked_days("orders") == {date(2026, 1, 5)}
    assert entries_of(row)[0].action == LogEntry.Action.CREATE
    assert entries_of(row)[0].additional_data["reason"] == WHY


def test_a_new_fact_needs_what_a_delivered_one_needs(console):
    account = make_account()
    given = {"account": account.pk, "external_id": "k-1", "order_external_id": "", "reason": WHY}
    response = fill_in(console, reverse("admin:orders_claim_add"), **given)
    assert response.context["adminform"].errors["order_external_id"]
    given = {"account": account.pk, "external_id": "f-1", "rating": 1, "reason": WHY}
    assert fill_in(console, reverse("admin:orders_feedback_add"), **given).context["errors"]
    assert not Claim.objects.exists()
    assert not Feedback.objects.exists()


def test_an_id_that_is_there_already_is_not_overwritten_by_a_new_fact(console):
    account = make_account()
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    given = {"account": account.pk, "external_id": "k", "order_external_id": "o-2", "opened_on": "2026-01-08"}
    response = fill_in(console, reverse("admin:orders_claim_add"), **given, reason=WHY)
    assert response.context["adminform"].errors["external_id"]
    assert Claim.objects.get().order_external_id == "o-1"


def take(console: Client, action: str, rows: list[Any], **more: Any) -> Any:
    data = {"action": action, "index": 0, "_selected_action": [row.pk for row in rows], **more}
    return console.post(list_of(type(rows[0])), data, follow=True)


def test_rows_are_taken_out_and_put_back_with_a_reason(console):
    account = make_account()
    orders = [make_order(account, f"2026-01-0{day} 10:00") for day in (5, 6)]
    Mark.objects.all().delete()
    asked = take(console, "take_out", orders)
    assert "Rows: 2. Accounts: 1. Days: 2." in asked.content.decode()
    assert take(console, "take_out", orders, reason="short").context["form"].errors
    assert Order.objects.filter(excluded=False).count() == 2
    assert not Mark.objects.exists()

    response = take(console, "take_out", orders, reason=WHY, case_number="A-77")
    assert "2 rows were changed." in said(response)
    assert Order.objects.filter(excluded=False).count() == 0
    assert {order.standing for order in Order.objects.all()} == {Excluded.EXCLUDED}
    kept = Correction.objects.values_list("kind", "state", "case_number")
    assert list(kept) == [("exclude", "applied", "A-77")] * 2
    assert marked_days("orders") == {date(2026, 1, 5), date(2026, 1, 6)}
    assert entries_of(orders[0])[0].additional_data["reason"] == WHY
    assert entries_of(orders[0])[0].changes["standing"] == ["0", str(Excluded.EXCLUDED.value)]

    take(console, "put_back", orders, reason=WHY)
    assert {(order.excluded, order.standing) for order in Order.objects.all()} == {(False, 0)}
    assert set(Correction.objects.values_list("state", flat=True)) == {"undone"}


def test_a_row_that_its_source_deleted_is_put_back_for_good(console):
    account = make_account()
    make_order(account, "2026-01-05 10:00", external_id="o-1")
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    ingest(
        account, batch([claim("o-1", deleted_at="2026-01-11T00:00:00Z")], "2026-01-12T00:00:00Z"), owner="t", now=NOW
    )
    take(console, "put_back", [Claim.objects.get()], reason=WHY)
    assert Claim.objects.get().deleted_at is None
    ingest(
        account, batch([claim("o-1", deleted_at="2026-01-11T00:00:00Z")], "2026-01-13T00:00:00Z"), owner="t", now=NOW
    )
    assert Claim.objects.get().deleted_at is None


def test_messages_are_said_to_need_no_reply_together(console):
    conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-06 10:00"))
    asked = take(console, "no_reply_needed", list(conversation.messages.all()))
    assert "Rows: 1." in asked.content.decode()  # only the buyer's
    take(console, "no_reply_needed", list(conversation.messages.all()), reason=WHY)
    assert not conversation.turns.exists()
    corrections.undo(Correction.objects.get(), NOW)
    assert conversation.turns.exists()


def test_the_preview_button_proposes_and_leads_to_what_would_move(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    response = fill_in(console, page_of(order), placed_at_0="2026-01-06", reason=WHY, _preview="Preview")
    correction = Correction.objects.get()
    assert response.redirect_chain[-1][0] == reverse("correction", args=[order.account.key, correction.pk])
    assert (correction.state, correction.after) == ("proposed", {"placed_at": "2026-01-06T10:00:00+00:00"})
    order.refresh_from_db()
    assert order.placed_at == at("2026-01-05 10:00")


def test_a_rows_page_leads_to_its_corrections_and_to_proposing_one(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    fill_in(console, page_of(order), name="114-1", reason=WHY)
    other = make_order(order.account, "2026-01-05 10:00")
    fill_in(console, page_of(other), name="114-2", reason=WHY)
    page = console.get(page_of(order)).content.decode()
    assert reverse("correct", args=[order.account.key, "order", order.pk]) in page
    query = f"?record_type=order&row_id={order.pk}"
    assert query.replace("&", "&amp;") in page
    assert rows_found(console, Correction, query) == {Correction.objects.get(row_id=order.pk)}


def test_a_message_taken_out_no_longer_opens_a_turn(console):
    conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"))
    take(console, "take_out", [conversation.messages.get()], reason=WHY)
    assert not conversation.turns.exists()


def test_a_conversation_taken_out_takes_its_turns_along(console):
    conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"))
    take(console, "take_out", [conversation], reason=WHY)
    assert not conversation.turns.exists()
    assert conversation.messages.get().reply == Reply.EXCLUDED
    take(console, "put_back", [conversation], reason=WHY)
    assert conversation.turns.exists()


def test_rows_of_several_accounts_are_taken_out_together(console):
    orders = [make_order(make_account(), "2026-01-05 10:00") for _number in range(2)]
    take(console, "take_out", orders, reason=WHY)
    assert Order.objects.filter(excluded=False).count() == 0


def test_at_most_a_thousand_rows_are_taken_out_at_once(console, monkeypatch):
    monkeypatch.setattr("intake.admin.together.TOGETHER", 1)
    account = make_account()
    orders = [make_order(account, f"2026-01-0{day} 10:00") for day in (5, 6)]
    response = take(console, "take_out", orders, reason=WHY)
    assert "At most 1 rows at once" in said(response)
    assert Order.objects.filter(excluded=False).count() == 2


def test_columns_with_a_list_of_words_in_the_contract_offer_it(console):
    conversation = make_conversation(make_account(), ("auto", "2026-01-05 10:00"))
    message = conversation.messages.get()
    page = console.get(page_of(message)).content.decode()
    assert '<option value="platform">platform</option>' in page
    response = fill_in(console, page_of(message), automatic_reason="nonsense", reason=WHY)
    assert response.context["adminform"].errors["automatic_reason"]
    fill_in(console, page_of(message), automatic_reason="template", reason=WHY)
    message.refresh_from_db()
    assert message.automatic_reason == "template"
