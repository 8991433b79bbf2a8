"""Accounts, people, tokens and the audit log in the console."""

from datetime import date, time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from intake.gate import ingest
from sellers.audit import entries_of
from sellers.marks import Mark
from sellers.models import ApiToken, Membership, User
from tests.console import WHY, batch, claim, fill_in, list_of, marked_days, page_of
from tests.makers import NOW, at, make_account, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db


def test_a_changed_zone_moves_the_days_of_the_account(console):
    account = make_account(time_zone="UTC")
    order = make_order(account, "2026-01-05 02:00")
    Mark.objects.all().delete()
    fill_in(console, page_of(account), time_zone="America/Los_Angeles", reason=WHY)
    order.refresh_from_db()
    assert order.day == date(2026, 1, 4)
    assert marked_days("orders") == {date(2026, 1, 4), date(2026, 1, 5)}
    entry = entries_of(account)[0]
    assert entry.changes == {"time_zone": ["UTC", "America/Los_Angeles"]}
    assert entry.additional_data == {"actor": "ada", "reason": WHY}


def test_a_changed_claim_rule_judges_the_orders_anew(console):
    account = make_account()
    order = make_order(account, "2026-01-05 10:00", external_id="o-1")
    ingest(account, batch([claim("o-1", status="withdrawn")]), owner="test", now=NOW)
    order.refresh_from_db()
    assert not order.defective
    fill_in(console, page_of(account), atoz_rule="all", reason=WHY)
    order.refresh_from_db()
    assert order.defective


def test_when_bots_begin_to_count_the_turns_are_cut_anew(console):
    account = make_account()
    conversation = make_conversation(account, ("buyer", "2026-01-05 10:00"), ("bot", "2026-01-05 11:00"))
    fill_in(console, page_of(account), bots_count="on", reason=WHY)
    assert conversation.turns.get().replied_at == at("2026-01-05 11:00")


def test_shipping_and_channels_are_set_on_the_accounts_page(console):
    account = make_account()
    fill_in(
        console, page_of(account), handling_days="2", ships_saturday="on", same_day_cutoff="14:00",
        expected_channels=["email", "phone"], reason=WHY,
    )  # fmt: skip
    account.refresh_from_db()
    assert (account.handling_days, account.ships_saturday, account.same_day_cutoff) == (2, True, time(14))
    assert account.expected_channels == ["email", "phone"]
    assert set(entries_of(account)[0].changes) == {
        "handling_days", "ships_saturday", "same_day_cutoff", "expected_channels",
    }  # fmt: skip
    assert fill_in(console, page_of(account), handling_days="31", reason=WHY).context["adminform"].errors


def test_a_page_that_is_sent_back_as_it_was_changes_nothing(console):
    account = make_account(expected_channels=["phone", "email"])
    before = entries_of(account).count()
    fill_in(console, page_of(account), reason=WHY)
    assert entries_of(account).count() == before


def test_an_account_is_not_changed_without_a_reason_and_its_key_never(console):
    account = make_account("acme-us", name="Acme")
    assert fill_in(console, page_of(account), name="Other").context["adminform"].errors["reason"]
    fill_in(console, page_of(account), key="other", name="Acme US", reason=WHY)
    account.refresh_from_db()
    assert (account.key, account.name) == ("acme-us", "Acme US")


def test_members_are_let_in_on_the_accounts_page(console):
    account, bob = make_account(), make_user("bob")
    row = {
        "memberships-2-TOTAL_FORMS": 1,
        "memberships-2-0-user": bob.pk,
        "memberships-2-0-account": account.pk,
        "memberships-2-0-role": "viewer",
    }
    fill_in(console, page_of(account), reason=WHY, **row)
    membership = Membership.objects.get(user=bob, account=account)
    assert entries_of(membership)[0].additional_data["reason"] == WHY


def test_accounts_and_people_are_not_deleted_in_the_console(console):
    account, bob = make_account(), make_user("bob")
    assert console.post(reverse("admin:sellers_selleraccount_delete", args=[account.pk])).status_code == 403
    assert console.post(reverse("admin:sellers_user_delete", args=[bob.pk])).status_code == 403


def test_a_person_is_switched_off_with_a_reason(console):
    bob = make_user("bob")
    assert fill_in(console, page_of(bob), is_active=None).context["adminform"].errors["reason"]
    fill_in(console, page_of(bob), is_active=None, reason=WHY)
    bob.refresh_from_db()
    assert not bob.is_active
    assert entries_of(bob)[0].changes == {"is_active": ["True", "False"]}


def test_a_new_person_gets_a_password_and_a_reason(console):
    given = {"username": "dan", "password1": "correct horse battery", "password2": "correct horse battery"}
    response = fill_in(console, reverse("admin:sellers_user_add"), **given)
    assert response.context["adminform"].errors["reason"]
    fill_in(console, reverse("admin:sellers_user_add"), **given, reason=WHY)
    dan = User.objects.get(username="dan")
    assert dan.check_password("correct horse battery")
    assert entries_of(dan)[0].additional_data["reason"] == WHY


def test_another_persons_password_is_set_with_a_reason(console):
    bob = make_user("bob")
    address = reverse("admin:auth_user_password_change", args=[bob.pk])
    given = {"password1": "another horse battery", "password2": "another horse battery", "set-password": "x"}
    assert fill_in(console, address, **given).context["form"].errors["reason"]
    fill_in(console, address, **given, reason=WHY)
    bob.refresh_from_db()
    assert bob.check_password("another horse battery")
    assert entries_of(bob)[0].additional_data["reason"] == WHY
    assert entries_of(bob)[0].changes == {"password": ["•••", "•••"]}


def test_staff_cannot_raise_themselves_or_others_to_administrators(client):
    carol, ada = make_user("carol", is_staff=True), make_user("ada", is_staff=True, is_superuser=True)
    carol.user_permissions.set(Permission.objects.filter(content_type__app_label="sellers"))
    client.force_login(carol)
    fill_in(client, page_of(carol), is_superuser="on", reason=WHY)
    carol.refresh_from_db()
    assert not carol.is_superuser
    bob = make_user("bob")
    fill_in(client, page_of(bob), is_staff="on", first_name="Bob", reason=WHY)
    bob.refresh_from_db()
    assert (bob.first_name, bob.is_staff) == ("Bob", False)
    assert client.post(page_of(ada), {"reason": WHY}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[ada.pk])).status_code == 403


def test_a_token_is_revoked_with_a_reason_and_its_digest_is_nowhere(console):
    token, _secret = ApiToken.objects.create(user=make_user("bob"), name="warehouse", scopes=["read", "ingest"])
    token.accounts.add(make_account("acme-us"))
    digest = token.digest
    page = console.get(list_of(ApiToken)).content.decode()
    assert "warehouse" in page
    assert "acme-us" in page
    assert digest not in page
    address = reverse("admin:sellers_apitoken_revoke", args=[token.token_key])
    assert digest not in console.get(address).content.decode()
    console.post(address, {"reason": "short"})
    assert ApiToken.objects.exists()
    console.post(address, {"reason": WHY})
    assert not ApiToken.objects.exists()
    entry = LogEntry.objects.get(object_repr="warehouse", action=LogEntry.Action.DELETE)
    assert entry.additional_data == {"actor": "ada", "reason": WHY}


def test_the_audit_log_is_shown_and_cannot_be_changed(console):
    order = make_order(make_account(), "2026-01-05 10:00")
    fill_in(console, page_of(order), name="114-1", reason=WHY)
    entry = entries_of(order)[0]
    page = console.get(list_of(LogEntry, f"?q={entry.cid}"))
    assert list(page.context["cl"].result_list) == [entry]
    assert WHY in page.content.decode()
    assert "114-1" in console.get(page_of(entry)).content.decode()
    assert console.post(page_of(entry), {"cid": "x"}).status_code == 403
    assert console.post(reverse("admin:auditlog_logentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403


def test_a_lost_second_factor_is_revoked_and_its_secret_shown_nowhere(console):
    bob = make_user("bob")
    factor = Authenticator.objects.create(user=bob, type="totp", data={"secret": "CANARY"})
    assert "CANARY" not in console.get(list_of(Authenticator)).content.decode()
    address = reverse("admin:mfa_authenticator_revoke", args=[factor.pk])
    assert "CANARY" not in console.get(address).content.decode()
    assert console.get(f"/admin/mfa/authenticator/{factor.pk}/change/").status_code == 404
    console.post(address, {"reason": WHY})
    assert not Authenticator.objects.exists()
    entry = LogEntry.objects.get(content_type__model="authenticator", action=LogEntry.Action.DELETE)
    assert entry.additional_data["reason"] == WHY
    assert "CANARY" not in str(entry.changes)


def test_a_changed_mail_address_no_longer_signs_in_or_resets_by_the_old_one(console):
    bob = make_user("bob", email="old@example.com")
    EmailAddress.objects.create(user=bob, email="old@example.com", verified=True, primary=True)
    fill_in(console, page_of(bob), email="new@example.com", reason=WHY)
    assert not EmailAddress.objects.filter(email="old@example.com").exists()


def test_rights_of_a_group_are_audited(console):
    right = Permission.objects.get(codename="view_messagebody")
    group = Group.objects.create(name="Readers")
    data = {"name": "Readers", "permissions": [right.pk]}
    assert console.post(page_of(group), data).context["adminform"].errors["reason"]
    console.post(page_of(group), {**data, "reason": WHY})
    assert group.permissions.get() == right
    assert entries_of(group)[0].changes["permissions"]["operation"] == "add"
    assert entries_of(group)[0].additional_data["reason"] == WHY
