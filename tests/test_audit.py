"""The audit log: what is kept of a change, what never is, and that nobody can alter it afterwards."""

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.db import Error, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from messaging.models import Message
from orders.models import Feedback, Order
from sellers.audit import AuditMiddleware, entries_of, recording
from sellers.facts import SourceRow
from sellers.models import ApiToken, Membership, SellerAccount, User
from tests.makers import at, make_account, make_conversation, make_order, make_user

pytestmark = pytest.mark.django_db
WHY = "Zone was copied from the wrong shop"


def rename(account: SellerAccount, name: str, why: str = WHY) -> LogEntry:
    with recording(why):
        account.name = name
        account.save()
    return entries_of(account)[0]


def answer(view, **meta) -> HttpResponse:
    """Let the middleware answer one request with this view."""
    user = meta.pop("user", None)
    request = RequestFactory().get("/", **meta)
    if user:
        request.user = user
    return AuditMiddleware(view)(request)


def everything_in_the_log() -> str:
    return " ".join(map(str, LogEntry.objects.values_list()))


def test_an_entry_keeps_old_new_and_why():
    entry = rename(make_account(name="Acme US"), "Acme USA")
    assert entry.changes == {"name": ["Acme US", "Acme USA"]}
    assert entry.additional_data["reason"] == WHY
    assert entry.action == LogEntry.Action.UPDATE


def test_an_entry_keeps_who_from_where_and_the_request():
    account, ada = make_account(), make_user("ada")

    def view(request):
        rename(account, "Renamed")
        return HttpResponse()

    answer(view, user=ada, REMOTE_ADDR="203.0.113.7")
    entry = entries_of(account)[0]
    assert (entry.actor, entry.additional_data["actor"], entry.remote_addr) == (ada, "ada", "203.0.113.7")


def test_the_person_behind_a_token_is_known_only_in_the_view_and_still_kept():
    account, ada = make_account(), make_user("ada")

    def view(request):
        request.user = ada
        rename(account, "Renamed")
        return HttpResponse()

    answer(view)
    assert entries_of(account)[0].actor == ada


def test_an_address_that_a_client_claims_is_not_believed():
    account = make_account()

    def view(request):
        rename(account, "Renamed")
        return HttpResponse()

    answer(view, REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="nonsense, 198.51.100.1")
    assert entries_of(account)[0].remote_addr == "203.0.113.7"


def test_behind_our_proxy_the_address_it_saw_is_kept(settings):
    settings.TRUSTED_PROXIES = 1
    account = make_account()

    def view(request):
        rename(account, "Renamed")
        return HttpResponse()

    answer(view, REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="10.9.9.9, 198.51.100.1")
    assert entries_of(account)[0].remote_addr == "198.51.100.1"


def test_every_table_of_facts_is_audited():
    facts = [model for model in apps.get_models() if issubclass(model, SourceRow)]
    assert len(facts) == 10
    assert [model for model in facts if not auditlog.contains(model)] == []


def test_a_fact_saved_by_hand_leaves_an_entry_and_bulk_writes_leave_none():
    order = make_order(make_account(), "2026-01-05 10:00")
    before = LogEntry.objects.count()
    Order.objects.bulk_update([order], ["name"])
    Order.objects.filter(pk=order.pk).update(name="114-1")
    Order.objects.bulk_create(
        [
            Order(
                account=order.account,
                system="test",
                external_id="x",
                placed_at=at("2026-01-05 10:00"),
                status="pending",
            )
        ]
    )
    assert LogEntry.objects.count() == before
    order.name = "114-2"
    order.save()
    assert LogEntry.objects.count() == before + 1


def test_personal_text_leaves_only_its_length():
    account = make_account()
    feedback = Feedback.objects.create(
        account=account,
        system="test",
        external_id="f",
        rating=1,
        rated_at=at("2026-01-05 10:00"),
        comment="Never again",
    )
    feedback.comment = "Call me: 555 0100"
    feedback.save()
    assert entries_of(feedback)[0].changes == {"comment": ["••• (11)", "••• (17)"]}
    make_conversation(account, subject="Where is my parcel, Jane Roe")
    assert "Jane" not in everything_in_the_log()
    assert "Never again" not in everything_in_the_log()


def test_a_changed_password_is_noted_and_never_kept():
    ada = make_user("ada")
    old = ada.password
    ada.set_password("another correct horse")
    ada.save()
    assert entries_of(ada)[0].changes == {"password": ["•••", "•••"]}
    assert old not in everything_in_the_log()
    assert ada.password not in everything_in_the_log()


def test_signing_in_leaves_no_entry(client):
    ada = make_user("ada")
    before = LogEntry.objects.count()
    client.force_login(ada)
    assert LogEntry.objects.count() == before


def test_a_token_is_audited_without_its_digest():
    account = make_account(name="Acme US")
    token, secret = ApiToken.objects.create(user=make_user("ada"), name="warehouse", scopes=["read"])
    token.accounts.add(account)
    newest, oldest = entries_of(token)
    assert newest.changes["accounts"]["objects"] == ["Acme US"]
    assert oldest.changes["name"] == ["None", "warehouse"]
    digest = token.digest
    token.delete()
    assert LogEntry.objects.filter(action=LogEntry.Action.DELETE, object_repr="warehouse").count() == 1
    assert digest not in everything_in_the_log()
    assert secret not in everything_in_the_log()
    assert token.token_key not in everything_in_the_log()


def test_memberships_are_audited():
    account = make_account()
    ada = make_user("ada", account)
    membership = Membership.objects.get(user=ada)
    membership.role = Membership.Role.MANAGER
    membership.save()
    assert entries_of(membership)[0].changes == {"role": ["viewer", "manager"]}


def test_the_entries_of_a_deleted_person_stay_and_keep_the_name():
    account, ada = make_account(), make_user("ada")

    def view(request):
        rename(account, "Renamed")
        return HttpResponse()

    answer(view, user=ada)
    User.objects.get(pk=ada.pk).delete()
    entry = entries_of(account)[0]
    assert entry.actor is None
    assert entry.additional_data == {"actor": "ada", "reason": WHY}


def test_a_deleted_account_leaves_its_entries_and_one_for_itself():
    account = make_account("gone")
    make_order(account, "2026-01-05 10:00")
    rename(account, "Renamed")
    before = LogEntry.objects.count()
    account_id = account.pk
    account.delete()
    assert LogEntry.objects.filter(action=LogEntry.Action.DELETE).count() == 1
    assert LogEntry.objects.count() == before + 1
    assert entries_of(SellerAccount(pk=account_id)).count() == 3  # made, renamed, deleted


ATTEMPTS = {
    "update of the reason": "UPDATE auditlog_logentry SET additional_data = NULL",
    "update of the values": "UPDATE auditlog_logentry SET changes = NULL",
    "update of the moment": "UPDATE auditlog_logentry SET timestamp = CURRENT_TIMESTAMP",
    "update to another person": "UPDATE auditlog_logentry SET actor_id = {other}",
    "person and values at once": "UPDATE auditlog_logentry SET actor_id = NULL, changes_text = 'x'",
    "delete": "DELETE FROM auditlog_logentry",
}


def refused(attempt) -> str:
    with pytest.raises(Error) as caught, transaction.atomic():
        attempt()
    return str(caught.value)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses_a(name):
    other = make_user()

    def attempt():
        with connection.cursor() as cursor:
            cursor.execute(ATTEMPTS[name].format(other=other.pk))

    account, ada = make_account(), make_user("ada")

    def view(request):
        rename(account, "Renamed")
        return HttpResponse()

    answer(view, user=ada)
    before = list(LogEntry.objects.order_by("id").values())
    assert "audit entries cannot be changed or removed" in refused(attempt)
    assert list(LogEntry.objects.order_by("id").values()) == before


def test_django_itself_cannot_change_or_remove_an_entry():
    entry = rename(make_account(), "Renamed")
    entry.changes = {}
    for attempt in (entry.save, entry.delete, LogEntry.objects.all().delete, lambda: LogEntry.objects.update(cid="x")):
        assert "audit entries cannot be changed or removed" in refused(attempt)


OVERWRITE = {
    "sqlite": "INSERT OR REPLACE INTO auditlog_logentry SELECT * FROM auditlog_logentry",
    "postgresql": "INSERT INTO auditlog_logentry SELECT * FROM auditlog_logentry "
    "ON CONFLICT (id) DO UPDATE SET cid = ''",
}


@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
def test_an_entry_cannot_be_overwritten_by_inserting_it_again(recursive_triggers):
    rename(make_account(), "Renamed")

    def attempt():
        with connection.cursor() as cursor:
            cursor.execute(OVERWRITE[connection.vendor])

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
        try:
            assert "audit entries cannot be changed or removed" in refused(attempt)
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA recursive_triggers = ON")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_table_cannot_be_truncated():
    rename(make_account(), "Renamed")

    def attempt():
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE auditlog_logentry")

    assert "audit entries cannot be changed or removed" in refused(attempt)


def test_a_change_that_is_rolled_back_leaves_no_entry():
    account = make_account()
    with pytest.raises(RuntimeError), transaction.atomic():
        rename(account, "Renamed")
        raise RuntimeError
    assert entries_of(account).count() == 1  # that it was made


def test_messages_say_who_wrote_but_not_what():
    conversation = make_conversation(make_account(), ("buyer", "2026-01-05 10:00"))
    entry = entries_of(Message.objects.get(conversation=conversation))[0]
    assert entry.changes["author_kind"] == ["None", "buyer"]
    assert "stated" not in entry.changes
