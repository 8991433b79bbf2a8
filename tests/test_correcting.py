"""The pages of corrections: who may see and who may press, from a row behind a figure to what moved."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from intake import corrections
from intake.corrections import Change
from intake.gate import ingest
from intake.models import Conflict, Correction
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Conversation, Turn
from orders.models import Claim, Order
from sellers.models import Membership
from tests.console import batch, claim
from tests.makers import NOW, at, make_account, make_answer, make_answers, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db

WHY = "The platform agreed in the case"
Kind = Correction.Kind


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW):
        yield


def client_of(account, role=Membership.Role.MANAGER, **more):
    client = Client(enforce_csrf_checks=False)
    client.force_login(make_user("", account, role=role, **more))
    return client


def proposal(row, change):
    return corrections.propose(row.account, row, change, by=None, now=NOW, reason=WHY)


def excluding(account):
    return proposal(make_order(account, "2026-01-05 10:00"), Change(Kind.EXCLUDE))


def disputed(account):
    make_order(account, "2026-01-05 10:00", external_id="o-1")
    ingest(account, batch([claim("o-1")]), owner="test", now=NOW)
    row = Claim.objects.get()
    corrections.apply(proposal(row, Change(Kind.VALUES, {"status": "denied"})), NOW)
    ingest(account, batch([claim("o-1", status="granted")], "2026-01-12T00:00:00Z"), owner="test", now=NOW)
    return Conflict.objects.get()


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def pages(correction, conflict=None):
    """Every address, first those one can look at, then those one can press."""
    key = correction.account.key
    looked_at = [
        reverse("corrections", args=[key]),
        reverse("correction", args=[key, correction.pk]),
    ]
    pressed = [
        reverse("correct", args=[key, correction.record_type, correction.row_id]),
        *(reverse("correction_step", args=[key, correction.pk, step]) for step in ("apply", "withdraw", "undo")),
    ]
    if conflict is not None:
        pressed += [reverse("conflict_decision", args=[key, conflict.pk, what]) for what in ("keep", "take")]
    return looked_at, pressed


class TestWhoMay:
    def test_strangers_are_sent_to_sign_in(self):
        looked_at, pressed = pages(excluding(make_account()))
        for address in looked_at:
            assert Client().get(address).status_code == 302
        for address in pressed:
            assert Client().post(address).status_code == 302

    def test_a_viewer_sees_them_and_can_press_nothing(self):
        account = make_account()
        conflict = disputed(account)
        correction = excluding(account)
        looked_at, pressed = pages(correction, conflict)
        client = client_of(account, role=Membership.Role.VIEWER)
        for address in looked_at:
            page = text_of(client.get(address))
            assert 'method="post" action="/accounts/' not in page
        for address in pressed:
            assert client.post(address, {"reason": WHY}).status_code == 403
        correction.refresh_from_db()
        conflict.refresh_from_db()
        assert (correction.state, conflict.decision) == ("proposed", "")
        assert Correction.objects.count() == 2

    def test_only_who_may_apply_a_correction_is_shown_what_it_would_move(self):
        account = make_account()
        proposed, done = excluding(account), corrections.apply(excluding(account), NOW)
        viewer, manager = client_of(account, role=Membership.Role.VIEWER), client_of(account)
        for correction, query in [(proposed, ""), (done, "?preview=undo")]:
            address = reverse("correction", args=[account.key, correction.pk]) + query
            assert 'id="preview"' not in text_of(viewer.get(address))
            assert 'id="preview"' in text_of(manager.get(address))
        address = reverse("correction", args=[account.key, done.pk])
        assert "?preview=undo" in text_of(manager.get(address))
        assert "?preview=undo" not in text_of(viewer.get(address))

    def test_an_account_of_others_does_not_exist(self):
        account = make_account()
        conflict = disputed(account)
        looked_at, pressed = pages(excluding(account), conflict)
        client = client_of(make_account())
        assert {client.get(address).status_code for address in looked_at} == {404}
        assert {client.post(address).status_code for address in pressed} == {404}

    def test_what_belongs_to_another_account_is_not_found_under_ones_own(self):
        theirs, mine = make_account(), make_account()
        conflict = disputed(theirs)
        correction = excluding(theirs)
        client = client_of(mine)
        for name, args in [
            ("correction", [correction.pk]),
            ("correct", ["order", correction.row_id]),
            ("correction_step", [correction.pk, "apply"]),
            ("conflict_decision", [conflict.pk, "take"]),
        ]:
            address = reverse(name, args=[mine.key, *args])
            assert client.post(address).status_code in (404, 405)
            assert client.get(address).status_code in (404, 405)

    def test_staff_may_correct_every_account(self):
        correction = excluding(make_account())
        client = Client()
        client.force_login(make_user("", is_staff=True))
        client.post(pages(correction)[1][1])
        correction.refresh_from_db()
        assert correction.state == "applied"

    def test_every_step_is_a_post_with_a_token(self):
        account = make_account()
        correction = excluding(account)
        _looked_at, pressed = pages(correction, disputed(account))
        client = Client(enforce_csrf_checks=True)
        client.force_login(make_user("", account, role=Membership.Role.MANAGER))
        for address in pressed:
            assert client.post(address, {"reason": WHY}).status_code == 403
        for address in pressed[1:]:
            assert client.get(address).status_code == 405
        correction.refresh_from_db()
        assert correction.state == "proposed"

    def test_steps_that_do_not_exist_are_not_found(self):
        correction = excluding(make_account())
        client = client_of(correction.account)
        assert (
            client.post(reverse("correction_step", args=[correction.account.key, correction.pk, "x"])).status_code
            == 404
        )


class TestFromARowToItsCorrection:
    def test_rows_behind_a_figure_offer_what_can_be_done_with_them_to_those_who_may(self):
        account = make_account()
        make_conversation(account, ("buyer", "2026-01-05 10:00"))
        sweep(NOW)
        turn = Turn.objects.get()
        address = f"/accounts/{account.key}/within_24h_rate/?part=against"
        page = text_of(client_of(account).get(address))
        for kind in ("values", "exclude", "no_reply_needed", "merge"):
            assert f'href="/accounts/{account.key}/correct/turn/{turn.pk}/?kind={kind}"' in page
        assert "/correct/turn/" not in text_of(client_of(account, role=Membership.Role.VIEWER).get(address))

    def test_a_turn_is_corrected_by_its_opening_message(self):
        account = make_account()
        make_conversation(account, ("buyer", "2026-01-05 10:00"))
        client = client_of(account)
        address = reverse("correct", args=[account.key, "turn", Turn.objects.get().pk]) + "?kind=no_reply_needed"
        assert "The buyer asked for nothing." in text_of(client.get(address))
        response = client.post(address, {"reason": "A thank-you needs no answer"}, follow=True)
        correction = Correction.objects.get()
        assert response.redirect_chain[-1][0] == reverse("correction", args=[account.key, correction.pk])
        assert (correction.kind, correction.record_type, correction.state) == ("no_reply_needed", "message", "proposed")
        assert correction.proposed_by == response.context["user"]

    def test_only_what_was_changed_is_proposed_and_moments_are_on_the_accounts_clock(self):
        """12:30:15.5 UTC is 07:30:15 in New York; the half second that the page cannot show is no change."""
        account = make_account(time_zone="America/New_York")
        order = make_order(account, "2026-01-05 12:30:15.500000", ship_by="2026-01-07 10:00")
        client = client_of(account)
        address = reverse("correct", args=[account.key, "order", order.pk])
        assert 'value="2026-01-05T07:30:15"' in text_of(client.get(address))
        form = client.get(address).context["page"].form
        data = {name: form[name].value() or "" for name in form.fields}
        client.post(address, {**data, "ship_by_at": "2026-01-07T06:00:00", "reason": WHY, "case_number": "A-77"})
        correction = Correction.objects.get()
        assert correction.after == {"ship_by_at": "2026-01-07T11:00:00+00:00"}
        assert correction.case_number == "A-77"

    @pytest.mark.parametrize(
        ("kind", "data", "field"),
        [
            ("values", {"reason": "short"}, "reason"),
            ("values", {"placed_at": "", "reason": WHY}, "placed_at"),
            ("values", {"placed_at": "nonsense", "reason": WHY}, "placed_at"),
            ("values", {"placed_at": "1999-01-01T00:00:00", "reason": WHY}, "placed_at"),
            ("exclude", {}, "reason"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, kind, data, field):
        account = make_account()
        order = make_order(account, "2026-01-05 12:30")
        client = client_of(account)
        address = reverse("correct", args=[account.key, "order", order.pk]) + f"?kind={kind}"
        form = client.get(address).context["page"].form
        shown = {name: form[name].value() or "" for name in form.fields}
        response = client.post(address, {**shown, **data})
        assert response.status_code == 200
        assert field in response.context["page"].form.errors
        assert not Correction.objects.exists()

    def test_a_message_offers_to_merge_its_conversation(self):
        account = make_account()
        target = make_conversation(account, ("buyer", "2026-01-05 10:00"), external_id="first")
        source = make_conversation(account, ("buyer", "2026-01-05 12:00"), external_id="second")
        client = client_of(account)
        address = reverse("correct", args=[account.key, "message", source.messages.get().pk]) + "?kind=merge"
        assert client.post(address, {"target": "third", "reason": WHY}).context["page"].form.errors["target"]
        assert client.post(address, {"target": "second", "reason": WHY}).context["page"].form.errors
        client.post(address, {"target": "first", "reason": WHY})
        correction = Correction.objects.get()
        client.post(reverse("correction_step", args=[account.key, correction.pk, "apply"]))
        source.refresh_from_db()
        assert source.merged_into == target

    def test_what_is_no_table_of_rows_is_not_found(self):
        account = make_account()
        client = client_of(account)
        for table in ("selleraccount", "agent", "nonsense"):
            assert client.get(reverse("correct", args=[account.key, table, account.pk])).status_code == 404


class TestItsPage:
    def history(self, account):
        make_answers(account, 40, 10, last="2026-01-08 20:00")
        answer = make_answer(account, "2026-01-07 10:00", True, order_external_id="the-one")
        sweep(NOW)
        close_weeks(NOW)
        return answer

    def test_it_shows_what_would_move_and_then_moves_it(self):
        """41 of 51 said yes, 8.03 printed 8.0; turned it is 40 of 51, 7.84 printed 7.8. Two weeks are published."""
        account = make_account()
        answer = self.history(account)
        correction = proposal(answer, Change(Kind.VALUES, {"solved": False}))
        client = client_of(account)
        page = client.get(reverse("correction", args=[account.key, correction.pk]))
        text = text_of(page)
        assert "What it would move" in text
        assert "2 published weeks" in text
        assert re.search(r"8\.0</span>.*7\.8</b>", text)
        assert len(page.context["page"].published) >= 2
        answer.refresh_from_db()
        assert answer.solved

        client.post(reverse("correction_step", args=[account.key, correction.pk, "apply"]))
        answer.refresh_from_db()
        assert answer.solved is False
        text = text_of(client.get(reverse("correction", args=[account.key, correction.pk])))
        assert "Undo" in text
        assert "What undoing" not in text
        text = text_of(client.get(reverse("correction", args=[account.key, correction.pk]) + "?preview=undo"))
        assert "What undoing it would move" in text
        client.post(reverse("correction_step", args=[account.key, correction.pk, "undo"]))
        answer.refresh_from_db()
        assert answer.solved

    def test_pressing_twice_is_told_and_does_nothing(self):
        correction = excluding(make_account())
        client = client_of(correction.account)
        address = reverse("correction_step", args=[correction.account.key, correction.pk, "withdraw"])
        client.post(address)
        assert "Somebody else was faster" in text_of(client.post(address, follow=True))

    def test_a_proposal_that_has_become_impossible_says_so(self):
        account = make_account()
        correction = excluding(account)
        corrections.apply(proposal(Order.objects.get(), Change(Kind.EXCLUDE)), NOW)
        text = text_of(client_of(account).get(reverse("correction", args=[account.key, correction.pk])))
        assert "excluded already" in text

    def test_conflicts_stand_first_and_are_decided_there(self):
        account = make_account()
        conflict = disputed(account)
        client = client_of(account)
        text = text_of(client.get(reverse("corrections", args=[account.key])))
        assert text.index("A source says something else") < text.index("Lists of corrections")
        assert "Denied" in text
        assert "Granted" in text
        client.post(reverse("conflict_decision", args=[account.key, conflict.pk, "take"]))
        assert Claim.objects.get().status == "granted"
        assert "A source says something else" not in text_of(client.get(reverse("corrections", args=[account.key])))

    def test_the_lists_are_by_state(self):
        account = make_account()
        waiting = excluding(account)
        withdrawn = corrections.withdraw(excluding(account), NOW + timedelta(minutes=1))
        applied = corrections.apply(excluding(account), NOW)
        client = client_of(account)
        for name, expected in [
            ("", waiting),
            ("proposed", waiting),
            ("applied", applied),
            ("ended", withdrawn),
            ("x", waiting),
        ]:
            page = client.get(reverse("corrections", args=[account.key]), {"list": name}).context["page"]
            assert [entry.correction for entry in page.entries] == [expected]

    def test_staff_is_led_to_the_row_in_the_console(self):
        correction = excluding(make_account())
        client = Client()
        client.force_login(make_user("", is_staff=True))
        console = reverse("admin:orders_order_change", args=[correction.row_id])
        address = reverse("correction", args=[correction.account.key, correction.pk])
        assert console in text_of(client.get(address))
        assert console not in text_of(client_of(correction.account).get(address))


def test_the_metric_page_of_an_account_still_opens_for_every_row_kind():
    account = make_account()
    make_conversation(account, ("buyer", "2026-01-05 10:00"), ("agent", "2026-01-05 12:00"))
    make_answer(account, "2026-01-06 10:00", conversation=Conversation.objects.get())
    order = make_order(account, "2026-01-05 10:00", cancelled_at=at("2026-01-06 10:00"), cancelled_by="seller")
    client = client_of(account)
    for table, row in [("order", order), ("conversation", Conversation.objects.get())]:
        for kind in ("values", "exclude", "merge", "nonsense"):
            assert client.get(reverse("correct", args=[account.key, table, row.pk]), {"kind": kind}).status_code == 200
