"""Corrections: who changes a row over its sources, what a delivery may still do to it, and that undoing restores it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from intake import corrections
from intake.corrections import Change, CorrectionError
from intake.gate import ingest
from intake.models import Conflict, Correction
from messaging.models import Conversation, Message, Reply, SurveyAnswer, Turn
from orders.models import Claim, Mention, Order, ShipmentVerdict
from sellers.audit import entries_of
from sellers.late import LateChange
from sellers.marks import Mark
from tests.console import batch, claim
from tests.makers import NOW, at, make_account, make_answer, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db

Kind = Correction.Kind
WHY = "The platform agreed in the case"


def values(**said):
    return Change(Kind.VALUES, said)


def propose(row, change, **more):
    more = {"by": None, "now": NOW, "reason": WHY, **more}
    return corrections.propose(row.account, row, change, **more)


def applied(row, change, **more):
    return corrections.apply(propose(row, change, **more), NOW)


def deliver(account, *records, day="2026-01-12"):
    answer = ingest(account, batch(list(records), f"{day}T00:00:00Z"), owner="test", now=NOW)
    assert answer["errors"] == []


def delivered_claim(account, **said):
    make_order(account, "2026-01-05 10:00", external_id="o-1")
    deliver(account, claim("o-1", **said), day="2026-01-10")
    return Claim.objects.get()


def as_delivered():
    """Let what the makers have made be from the system that deliveries here come from."""
    for model in (Conversation, Message, SurveyAnswer, Order):
        model.objects.update(system="manual")


def whole(model, *left_out):
    """Every row of a table with every column, to see that nothing of it differs."""
    names = [column.attname for column in model._meta.concrete_fields if column.attname not in left_out]
    return list(model.objects.order_by("pk").values_list(*names))


class TestSteps:
    def test_a_proposal_changes_nothing_and_marks_nothing(self):
        order = make_order(make_account(), "2026-01-05 10:00")
        Mark.objects.all().delete()
        correction = propose(order, values(placed_at="2026-01-06T10:00:00Z"), case_number=" 77 ")
        assert correction.state == "proposed"
        assert correction.case_number == "77"
        order.refresh_from_db()
        assert order.placed_at == at("2026-01-05 10:00")
        assert not Mark.objects.exists()

    def test_applying_moves_the_row_and_marks_both_days(self):
        ann = make_user("ann")
        order = make_order(make_account(), "2026-01-05 10:00")
        Mark.objects.all().delete()
        correction = corrections.apply(propose(order, values(placed_at="2026-01-06T10:00:00Z")), NOW, ann)
        order.refresh_from_db()
        assert order.day == date(2026, 1, 6)
        marked = set(Mark.objects.filter(fact="orders").values_list("day", flat=True))
        assert marked == {date(2026, 1, 5), date(2026, 1, 6)}
        assert (correction.applied_by, correction.applied_at) == (ann, NOW)
        assert entries_of(order)[0].additional_data["reason"] == WHY

    def test_each_step_follows_only_from_the_right_one(self):
        order = make_order(make_account(), "2026-01-05 10:00")
        proposed = propose(order, values(name="114-1"))
        with pytest.raises(CorrectionError):
            corrections.undo(proposed, NOW)
        withdrawn = corrections.withdraw(proposed, NOW)
        for step in (corrections.apply, corrections.undo, corrections.withdraw):
            with pytest.raises(CorrectionError):
                step(withdrawn, NOW)
        done = applied(order, values(name="114-1"))
        for step in (corrections.apply, corrections.withdraw):
            with pytest.raises(CorrectionError):
                step(done, NOW)
        undone = corrections.undo(done, NOW)
        for step in (corrections.apply, corrections.undo, corrections.withdraw):
            with pytest.raises(CorrectionError):
                step(undone, NOW)

    def test_the_database_refuses_a_state_without_its_moment(self):
        correction = propose(make_order(make_account(), "2026-01-05 10:00"), values(name="114-1"))
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.filter(pk=correction.pk).update(state="applied")

    @pytest.mark.parametrize("reason", ["", "typo", "   short   "])
    def test_a_reason_has_ten_characters(self, reason):
        order = make_order(make_account(), "2026-01-05 10:00")
        with pytest.raises(CorrectionError) as error:
            propose(order, values(name="114-1"), reason=reason)
        assert error.value.field == "reason"

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"placed_at": "yesterday"}, "placed_at"),
            ({"placed_at": None}, "placed_at"),
            ({"status": "lost"}, "status"),
            ({"external_id": "x"}, "external_id"),
            ({"nonsense": "x"}, "nonsense"),
            ({"cancelled_at": "2026-01-01T00:00:00Z"}, "cancelled_at"),  # before it was placed
            ({"name": ""}, ""),  # it has none: nothing is different
        ],
    )
    def test_what_the_contract_refuses_cannot_be_proposed(self, said, field):
        order = make_order(make_account(), "2026-01-05 10:00")
        with pytest.raises(CorrectionError) as error:
            propose(order, values(**said))
        assert error.value.field == field
        assert not Correction.objects.exists()

    def test_a_proposal_that_no_longer_fits_what_the_source_says_cannot_be_applied(self):
        row = delivered_claim(make_account(), opened_at="2026-01-06T00:00:00Z")
        proposal = propose(row, values(decided_at="2026-01-07T00:00:00Z"))
        deliver(row.account, claim("o-1", opened_at="2026-01-08T00:00:00Z"))  # opened after it would be decided
        with pytest.raises(CorrectionError) as error:
            corrections.apply(proposal, NOW)
        assert error.value.field == "decided_at"
        proposal.refresh_from_db()
        assert proposal.state == "proposed"

    def test_a_row_never_joins_a_conversation_of_another_account(self):
        message = make_conversation(make_account(), ("buyer", "2026-01-05 10:00")).messages.get()
        foreign = make_conversation(make_account())
        with pytest.raises(CorrectionError):
            propose(message, values(conversation_external_id=foreign.external_id))

    def test_changes_of_published_days_are_noted_as_corrections(self):
        account = make_account(published_until=date(2026, 1, 18))
        order = make_order(account, "2026-01-05 10:00")
        LateChange.objects.all().delete()
        correction = applied(order, values(placed_at="2026-01-06T10:00:00Z"))
        corrections.undo(correction, NOW)
        assert set(LateChange.objects.values_list("corrected", flat=True)) == {True}


class TestPins:
    def test_no_delivery_overwrites_a_correction(self):
        row = delivered_claim(make_account(), amount="10")
        applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted", amount="12"))
        row.refresh_from_db()
        assert (row.status, row.amount) == ("denied", 12)
        assert not Order.objects.get().defective  # a denied claim does not count

    def test_undoing_shows_what_the_sources_said_meanwhile(self):
        row = delivered_claim(make_account())
        correction = applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"))
        corrections.undo(correction, NOW)
        row.refresh_from_db()
        assert row.status == "granted"
        assert Order.objects.get().defective

    def test_undoing_leaves_the_row_as_if_nothing_had_happened(self):
        """Also rows whose values no statement speaks for, as the samples' and the tests'."""
        account = make_account()
        delivered_claim(account)
        conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-07 10:00"))
        answer = make_answer(account, "2026-01-08 10:00", conversation=conversation)
        order = make_order(account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", confirmed="2026-01-08 10:00")
        message = conversation.messages.get(author_kind="buyer")
        tables = (Claim, Order, Message, SurveyAnswer, Turn)

        def everything():
            return [whole(table, "id" if table is Turn else "") for table in tables]  # turns are opened anew

        before = everything()
        package = {"external_id": "1", "confirmed_at": "2026-01-06T10:00:00Z"}
        for row, change in [
            (Claim.objects.get(), values(status="denied", amount="3")),
            (message, values(sent_at="2026-01-06T10:00:00Z")),
            (message, Change(Kind.NO_REPLY_NEEDED)),
            (answer, values(solved=False, conversation_external_id=None)),
            (order, values(shipments=[package])),
            (order, Change(Kind.EXCLUDE)),
        ]:
            correction = applied(row, change)
            assert everything() != before
            corrections.undo(correction, NOW)
            assert everything() == before

    def test_of_two_corrections_of_a_field_the_newer_holds_and_then_the_older_again(self):
        row = delivered_claim(make_account())
        first = applied(row, values(status="denied"))
        row.refresh_from_db()
        second = corrections.apply(propose(row, values(status="withdrawn")), NOW + timedelta(hours=1))
        row.refresh_from_db()
        assert row.status == "withdrawn"
        corrections.undo(second, NOW)
        row.refresh_from_db()
        assert row.status == "denied"
        corrections.undo(first, NOW)
        row.refresh_from_db()
        assert row.status == "open"

    def test_a_correction_that_contradicts_what_the_source_says_later_never_breaks_the_delivery(self):
        """Resolved on the 6th says a person; opened on the 8th says the source: the resolution waits aside."""
        account = make_account()
        make_conversation(account, external_id="c", opened_at=at("2026-01-05 10:00"))
        as_delivered()
        conversation = Conversation.objects.get()
        applied(conversation, values(resolved_at="2026-01-06T10:00:00Z"))
        thread = {
            "type": "conversation", "external_id": "c", "channel": "email",
            "opened_at": "2026-01-08T10:00:00Z",
        }  # fmt: skip
        deliver(account, thread)
        conversation.refresh_from_db()
        assert (conversation.opened_at, conversation.resolved_at) == (at("2026-01-08 10:00"), None)


class TestConflicts:
    def test_a_source_that_says_something_new_opens_one_conflict(self):
        row = delivered_claim(make_account())
        applied(row, values(status="denied"))
        again = claim("o-1", status="granted")
        for day in ("2026-01-12", "2026-01-13"):
            deliver(row.account, again, day=day)
        conflict = Conflict.objects.get()
        assert (conflict.record_type, conflict.row_id, conflict.field) == ("claim", row.pk, "status")
        assert (conflict.pinned, conflict.said) == ("denied", "granted")
        assert conflict.raw_item_id
        assert conflict.closed_at is None

    def test_what_the_source_said_before_the_decision_is_no_conflict(self):
        row = delivered_claim(make_account(), status="open")
        applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="open"))
        assert not Conflict.objects.exists()

    def test_a_source_that_comes_to_agree_closes_it(self):
        row = delivered_claim(make_account())
        applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"), day="2026-01-12")
        deliver(row.account, claim("o-1", status="denied"), day="2026-01-13")
        assert Conflict.objects.get().decision == "agreed"

    def test_keeping_the_correction_asks_again_only_when_the_source_changes_its_mind(self):
        ann = make_user("ann")
        row = delivered_claim(make_account())
        applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"), day="2026-01-12")
        conflict = corrections.keep(Conflict.objects.get(), NOW, ann)
        assert (conflict.decision, conflict.decided_by) == ("kept", ann)
        deliver(row.account, claim("o-1", status="granted"), day="2026-01-13")
        assert Conflict.objects.filter(closed_at=None).count() == 0
        deliver(row.account, claim("o-1", status="withdrawn"), day="2026-01-14")
        assert Conflict.objects.get(closed_at=None).said == "withdrawn"
        row.refresh_from_db()
        assert row.status == "denied"

    def test_taking_the_sources_value_ends_the_correction_of_that_field_alone(self):
        row = delivered_claim(make_account(), amount="10")
        correction = applied(row, values(status="denied", amount="3"))
        deliver(row.account, claim("o-1", status="granted", amount="10"))
        corrections.take(Conflict.objects.get(), NOW)
        row.refresh_from_db()
        assert (row.status, row.amount) == ("granted", 3)
        correction.refresh_from_db()
        assert (correction.state, correction.released) == ("applied", ["status"])
        corrections.undo(correction, NOW)
        row.refresh_from_db()
        assert (row.status, row.amount) == ("granted", 10)

    def test_taking_the_last_field_ends_the_correction(self):
        row = delivered_claim(make_account())
        correction = applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"))
        corrections.take(Conflict.objects.get(), NOW)
        correction.refresh_from_db()
        assert correction.state == "undone"

    def test_a_conflict_is_decided_once(self):
        row = delivered_claim(make_account())
        applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"))
        conflict = Conflict.objects.get()
        corrections.keep(conflict, NOW)
        for step in (corrections.keep, corrections.take):
            with pytest.raises(CorrectionError):
                step(conflict, NOW)

    @pytest.mark.parametrize(("undone", "left"), [("denied", "withdrawn"), ("withdrawn", "denied")])
    def test_undoing_one_of_two_corrections_of_a_field_leaves_the_dispute_to_a_person(self, undone, left):
        """Denied, then withdrawn, say people; granted, says the source: whichever is undone, the other is asked."""
        row = delivered_claim(make_account())
        made = {"denied": applied(row, values(status="denied"))}
        row.refresh_from_db()
        made["withdrawn"] = corrections.apply(propose(row, values(status="withdrawn")), NOW + timedelta(hours=1))
        deliver(row.account, claim("o-1", status="granted"))
        corrections.undo(made[undone], NOW)
        row.refresh_from_db()
        assert row.status == left
        conflict = Conflict.objects.get(closed_at=None)
        assert (conflict.pinned, conflict.said) == (left, "granted")
        corrections.take(conflict, NOW)
        row.refresh_from_db()
        assert row.status == "granted"

    def test_undoing_the_correction_closes_its_conflict(self):
        row = delivered_claim(make_account())
        correction = applied(row, values(status="denied"))
        deliver(row.account, claim("o-1", status="granted"))
        corrections.undo(correction, NOW)
        assert Conflict.objects.get().decision == "undone"


class TestTogether:
    def test_of_two_people_who_chose_the_same_row_one_excludes_it(self):
        order = make_order(make_account(), "2026-01-05 10:00")
        chosen = [Order.objects.get(), Order.objects.get()]  # each as its page showed it
        more = {"by": None, "now": NOW, "reason": WHY}
        assert corrections.correct(order.account, chosen[:1], Change(Kind.EXCLUDE), **more) == 1
        with pytest.raises(CorrectionError):
            corrections.correct(order.account, chosen[1:], Change(Kind.EXCLUDE), **more)
        corrections.undo(Correction.objects.get(), NOW)
        order.refresh_from_db()
        assert not order.excluded


class TestNoReplyNeeded:
    def test_a_message_that_needs_no_reply_opens_no_turn_and_is_not_late(self):
        conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"))
        message = conversation.messages.get()
        assert message.reply == Reply.NONE
        correction = applied(message, Change(Kind.NO_REPLY_NEEDED))
        message.refresh_from_db()
        assert message.reply == Reply.NOT_NEEDED
        assert not Turn.objects.exists()
        corrections.undo(correction, NOW)
        message.refresh_from_db()
        assert (message.reply, message.needs_reply) == (Reply.NONE, None)
        assert Turn.objects.count() == 1

    def test_only_a_buyers_message_can_be_said_to_need_none(self):
        conversation = make_conversation(make_account(), ("agent", "2026-01-05 10:00"))
        for row in (conversation.messages.get(), conversation):
            with pytest.raises(CorrectionError):
                propose(row, Change(Kind.NO_REPLY_NEEDED))


class TestMerging:
    def thread(self, account):
        """A buyer writes an e-mail at 10:00 and, unanswered, in a second thread at 12:00, answered at 15:00."""
        target = make_conversation(account, ("buyer", "2026-01-05 10:00"), external_id="first")
        source = make_conversation(
            account, ("buyer", "2026-01-05 12:00"), ("agent", "2026-01-05 15:00"), external_id="second"
        )
        make_answer(account, "2026-01-05 16:00", conversation=source)
        return source, target

    def test_two_threads_become_one_turn(self):
        """Apart: waiting since 10:00 for good, and 3 hours. Together: one turn from 10:00 to 15:00, 5 hours."""
        source, target = self.thread(make_account())
        assert sorted(Turn.objects.values_list("reply", "reply_seconds")) == [
            (Reply.ON_TIME, 3 * 3600),
            (Reply.NONE, None),
        ]
        correction = applied(source, Change(Kind.MERGE, target=target))
        turn = Turn.objects.get()
        assert (turn.conversation, turn.reply, turn.reply_seconds) == (target, Reply.ON_TIME, 5 * 3600)
        contacts = Message.objects.filter(author_kind="buyer").order_by("sent_at")
        assert [contact.reply_seconds for contact in contacts] == [5 * 3600, 3 * 3600]
        assert SurveyAnswer.objects.get().conversation == target
        source.refresh_from_db()
        assert (source.merged_into, source.messages.count()) == (target, 0)
        assert correction.after["merged_into"] == "first"

    def test_undoing_parts_them_as_they_were(self):
        source, target = self.thread(make_account())
        before = whole(Message), whole(SurveyAnswer), whole(Turn, "id")
        correction = applied(source, Change(Kind.MERGE, target=target))
        corrections.undo(correction, NOW)
        assert (whole(Message), whole(SurveyAnswer)) == before[:2]
        assert sorted(whole(Turn, "id")) == sorted(before[2])
        source.refresh_from_db()
        assert source.merged_into is None

    def test_what_arrives_later_for_the_merged_one_goes_to_the_other_and_comes_back(self):
        account = make_account()
        self.thread(account)
        as_delivered()
        target, source = Conversation.objects.order_by("external_id")
        correction = applied(source, Change(Kind.MERGE, target=target))
        late = {
            "type": "message", "external_id": "late", "conversation_external_id": "second",
            "sent_at": "2026-01-06T10:00:00Z", "author_kind": "buyer", "direction": "inbound",
        }  # fmt: skip
        for day in ("2026-01-12", "2026-01-13"):
            deliver(account, late, day=day)
        message = Message.objects.get(external_id="late")
        assert message.conversation == target
        assert Turn.objects.filter(conversation=target).count() == 2
        corrections.undo(correction, NOW)
        message.refresh_from_db()
        assert message.conversation == source
        assert "held" not in message.stated

    def about_an_order(self, account, *also_of_the_other):
        """The second thread is about o-1 and was rated; the first one, which it belongs to, names these orders."""
        source, target = self.thread(account)
        for name in ("o-1", *also_of_the_other, "o-8"):
            make_order(account, "2026-01-04 10:00", external_id=name)
        as_delivered()
        deliver(account, self.about("second", "o-1"), self.about("first", *also_of_the_other))
        return source, target

    def about(self, name, *order_ids):
        return {
            "type": "conversation", "external_id": name, "channel": "email", "order_external_ids": list(order_ids)
        }  # fmt: skip

    def written_about(self):
        return set(Order.objects.filter(buyer_wrote=True).values_list("external_id", flat=True))

    def test_the_order_of_a_merged_conversation_was_written_about_all_the_same(self):
        account = make_account()
        source, target = self.about_an_order(account)
        before = whole(Order), whole(Mention, "id"), whole(SurveyAnswer)
        assert (self.written_about(), SurveyAnswer.objects.get().order_key) == ({"o-1"}, "o:o-1")
        correction = applied(source, Change(Kind.MERGE, target=target))
        assert (whole(Order), whole(Mention, "id")) == before[:2]
        assert (SurveyAnswer.objects.get().conversation, SurveyAnswer.objects.get().order_key) == (target, "o:o-1")
        corrections.undo(correction, NOW)
        assert (whole(Order), whole(Mention, "id"), whole(SurveyAnswer)) == before

    def test_two_merged_conversations_are_about_the_orders_of_both_and_their_own_ones_first(self):
        source, target = self.about_an_order(make_account(), "o-9")
        correction = applied(source, Change(Kind.MERGE, target=target))
        assert (self.written_about(), SurveyAnswer.objects.get().order_key) == ({"o-1", "o-9"}, "o:o-9")
        corrections.undo(correction, NOW)
        assert (self.written_about(), SurveyAnswer.objects.get().order_key) == ({"o-1", "o-9"}, "o:o-1")

    def test_what_becomes_of_the_conversation_it_was_merged_into_decides_for_its_order(self):
        account = make_account()
        source, target = self.about_an_order(account)
        applied(source, Change(Kind.MERGE, target=target))
        excluded = applied(target, Change(Kind.EXCLUDE))
        assert self.written_about() == set()
        corrections.undo(excluded, NOW)
        assert self.written_about() == {"o-1"}
        # It turns out that the seller had written first: the whole conversation is his.
        first = {
            "type": "message", "external_id": "hello", "conversation_external_id": "first",
            "sent_at": "2026-01-05T09:00:00Z", "author_kind": "agent", "direction": "outbound",
        }  # fmt: skip
        deliver(account, first, day="2026-01-13")
        assert self.written_about() == set()

    def test_an_order_that_a_merged_conversation_is_about_only_later_is_followed(self):
        account = make_account()
        source, target = self.about_an_order(account)
        correction = applied(source, Change(Kind.MERGE, target=target))
        moved = self.about("second", "o-8")
        deliver(account, moved, day="2026-01-13")
        assert (self.written_about(), SurveyAnswer.objects.get().order_key) == ({"o-8"}, "o:o-8")
        deliver(account, {**moved, "deleted_at": "2026-01-14T00:00:00Z"}, day="2026-01-14")
        assert (self.written_about(), SurveyAnswer.objects.get().order_key) == (set(), f"c:{target.pk}")
        corrections.undo(correction, NOW)
        assert self.written_about() == set()

    def test_conversations_of_two_systems_with_the_same_id_can_be_merged_and_parted(self):
        account = make_account()
        source = make_conversation(account, ("buyer", "2026-01-05 10:00"), external_id="c-1")
        target = Conversation.objects.create(account=account, system="shopify", external_id="c-1", channel="live_chat")
        correction = applied(source, Change(Kind.MERGE, target=target))
        assert Message.objects.get().conversation == target
        corrections.undo(correction, NOW)
        assert Message.objects.get().conversation == source

    def test_chains_rings_and_other_accounts_are_refused(self):
        account = make_account()
        a, b, c = (make_conversation(account) for _number in range(3))
        with pytest.raises(CorrectionError, match="itself"):
            propose(a, Change(Kind.MERGE, target=a))
        with pytest.raises(CorrectionError, match="one account"):
            propose(a, Change(Kind.MERGE, target=make_conversation(make_account())))
        waiting = propose(b, Change(Kind.MERGE, target=a))
        applied(a, Change(Kind.MERGE, target=b))
        for row in (a, b, c):
            row.refresh_from_db()
        with pytest.raises(CorrectionError, match="already been merged"):
            propose(a, Change(Kind.MERGE, target=c))
        with pytest.raises(CorrectionError, match="itself been merged"):
            propose(c, Change(Kind.MERGE, target=a))
        with pytest.raises(CorrectionError, match="undo that first"):
            propose(b, Change(Kind.MERGE, target=c))
        with pytest.raises(CorrectionError):  # what was possible when it was proposed
            corrections.apply(waiting, NOW)

    def test_only_conversations_are_merged(self):
        account = make_account()
        with pytest.raises(CorrectionError):
            propose(make_order(account, "2026-01-05 10:00"), Change(Kind.MERGE, target=make_conversation(account)))


class TestExcluding:
    def test_a_row_is_excluded_once_with_its_case_number(self):
        order = make_order(make_account(), "2026-01-05 10:00")
        correction = applied(order, Change(Kind.EXCLUDE), case_number="A-77")
        order.refresh_from_db()
        assert order.excluded
        assert correction.case_number == "A-77"
        with pytest.raises(CorrectionError):
            propose(order, Change(Kind.EXCLUDE))
        corrections.undo(correction, NOW)
        order.refresh_from_db()
        assert not order.excluded

    def test_a_late_shipment_that_is_excluded_is_not_overwritten_by_its_next_report(self):
        account = make_account()
        make_order(account, "2026-01-05 10:00", ship_by="2026-01-07 10:00", external_id="o-1")
        as_delivered()
        order = Order.objects.get()
        assert order.shipment == ShipmentVerdict.OVERDUE
        applied(order, Change(Kind.EXCLUDE))
        report = {
            "type": "order", "external_id": "o-1", "placed_at": "2026-01-05T11:00:00Z",
            "status": "cancelled", "cancelled_by": "seller",
        }  # fmt: skip
        deliver(account, report)
        order.refresh_from_db()
        assert (order.status, order.excluded) == ("cancelled", True)


words = st.sampled_from(["open", "denied", "granted", "withdrawn"])
reports = st.lists(
    st.builds(
        lambda day, status, amount: (f"2026-01-{day:02}", claim("o-1", status=status, amount=str(amount))),
        st.integers(11, 20), words, st.integers(1, 3),
    ),
    min_size=1, max_size=6,
    unique_by=lambda report: report[0],
)  # fmt: skip


class TestOrderOfArrival(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(reports=reports, data=st.data())
    def test_reports_of_a_corrected_row_in_any_order_and_repeated_leave_the_same_row(self, reports, data):
        """What is shown, what the sources said, and whether a person has to decide; then the same after undoing."""
        shuffled = data.draw(st.permutations([*reports, data.draw(st.sampled_from(reports))]))
        rows = [self.corrected(inputs) for inputs in (reports, shuffled)]
        assert self.seen(rows[0]) == self.seen(rows[1])
        for row in rows:
            assert row.status == "denied"
            corrections.undo(Correction.objects.get(row_id=row.pk), NOW)
            row.refresh_from_db()
            assert row.status == max(reports, key=lambda report: report[0])[1]["status"]
        assert self.seen(rows[0]) == self.seen(rows[1])

    def corrected(self, inputs):
        account = make_account()
        deliver(account, claim("o-1"), day="2026-01-10")
        row = Claim.objects.get(account=account)
        applied(row, values(status="denied"))
        for day, record in inputs:
            deliver(account, record, day=day)
        row.refresh_from_db()
        return row

    def seen(self, row):
        open_ones = Conflict.objects.filter(row_id=row.pk, closed_at=None).values_list("field", "pinned", "said")
        return row.status, row.amount, row.stated, list(open_ones)
