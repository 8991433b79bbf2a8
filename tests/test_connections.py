"""Connections: a mailbox is read without a trace, page by page, once; its password is never seen again."""

import logging
import re
import ssl
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import keys
from intake import imports, raw, secrets
from intake.connectors import imap, pulling
from intake.models import Connection, ImportRun, RawItem, StreamState
from messaging.models import Message
from sellers.models import Membership
from tests import imap as server
from tests.mails import DE, from_buyer
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
MAIL = b"From: a@example.com\r\nSubject: Hello %d\r\n\r\nFrom here on\r\n"


@pytest.fixture
def mails(settings):
    settings.IMAP_WITHOUT_TLS = ["127.0.0.1"]
    with server.running() as running:
        yield running


def connect(account, running, *, folders=("INBOX", "Sent"), password=PASSWORD) -> Connection:
    kept = Connection(
        account=account, name="Support", host="127.0.0.1", port=running.port, user="support@example.com",
        folders=list(folders), since=date(2026, 1, 1), created_at=NOW,
    )  # fmt: skip
    secrets.keep(kept, {"password": password})
    kept.save()
    for folder in folders:
        kept.streams.create(stream=folder, next_run_at=NOW)
    return kept


def kept() -> list[bytes]:
    return [raw.open_item(item).read() for item in RawItem.objects.order_by("pk")]


def stream(folder="INBOX") -> StreamState:
    return StreamState.objects.get(stream=folder)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_mails_are_kept_with_the_servers_time_and_their_import_waits(mails):
    account = make_account()
    mails.folders["INBOX"].put(7, MAIL % 1, "2026-01-10T12:34:56")
    mails.folders["INBOX"].put(9, MAIL % 2, "2026-01-11T08:00:00")
    connection = connect(account, mails)
    assert pulling.pull_due(now=NOW) == 2
    assert kept() == [
        b"From - Sat Jan 10 12:34:56 2026\nFrom: a@example.com\nSubject: Hello 1\n\n>From here on\n\n\n"
        b"From - Sun Jan 11 08:00:00 2026\nFrom: a@example.com\nSubject: Hello 2\n\n>From here on\n\n\n"
    ]
    run = ImportRun.objects.get()
    assert (run.state, run.source, run.connection, run.account) == ("queued", "email", connection, account)
    inbox = stream()
    assert (inbox.cursor, inbox.failures) == ({"uidvalidity": 1, "last_uid": 9}, 0)
    assert (inbox.last_success_at, inbox.next_run_at) == (NOW, NOW + pulling.EVERY)
    assert inbox.newest_at.isoformat() == "2026-01-11T08:00:00+00:00"


def test_nothing_is_ever_marked_as_seen(mails):
    mails.folders["INBOX"].put(1, MAIL % 1)
    connect(make_account(), mails)
    pulling.pull_due(now=NOW)
    told = " | ".join(mails.told)
    assert "EXAMINE" in told
    assert not re.search(r"\bSELECT\b|\bSTORE\b|\bEXPUNGE\b|BODY\[", told)
    assert PASSWORD not in told


def test_only_what_came_since_is_read_and_nothing_twice(mails):
    mails.folders["INBOX"].put(1, MAIL % 1)
    connect(make_account(), mails, folders=["INBOX"])
    pulling.pull_due(now=NOW)
    assert pulling.pull_due(now=NOW) == 0  # its time has not come
    pulling.pull_due(now=NOW + pulling.EVERY)  # the server names the newest mail although it is known
    assert len(kept()) == 1
    mails.folders["INBOX"].put(2, MAIL % 2)
    pulling.pull_due(now=NOW + 2 * pulling.EVERY)
    assert [b"Hello 2" in page for page in kept()] == [False, True]


def test_older_mails_than_asked_for_stay_away(mails):
    mails.folders["INBOX"].put(1, MAIL % 1, "2025-12-31T23:00:00")
    mails.folders["INBOX"].put(2, MAIL % 2, "2026-01-01T01:00:00")
    connect(make_account(), mails, folders=["INBOX"])
    pulling.pull_due(now=NOW)
    assert b"Hello 1" not in kept()[0]
    assert b"Hello 2" in kept()[0]


def test_when_uids_lose_their_meaning_two_weeks_are_read_again(mails):
    inbox = mails.folders["INBOX"]
    inbox.put(50, MAIL % 1, "2026-01-02T12:00:00")
    connect(make_account(), mails, folders=["INBOX"])
    pulling.pull_due(now=NOW)
    inbox.uidvalidity, inbox.mails = 2, {}
    inbox.put(1, MAIL % 1, "2026-01-02T12:00:00")
    inbox.put(2, MAIL % 2, "2026-01-19T12:00:00")
    pulling.pull_due(now=NOW + pulling.EVERY)
    assert [b"Hello 1" in page for page in kept()] == [True, False]  # 2 January is more than two weeks ago
    assert stream().cursor == {"uidvalidity": 2, "last_uid": 2}


def test_uids_that_lose_their_meaning_in_a_long_silence_lose_no_mail(mails):
    inbox = mails.folders["INBOX"]
    connect(make_account(), mails, folders=["INBOX"])
    inbox.put(50, MAIL % 1, "2026-01-02T12:00:00")
    pulling.pull_due(now=NOW)
    inbox.uidvalidity, inbox.mails = 2, {}
    inbox.put(1, MAIL % 2, f"{NOW:%Y-%m-%d}T23:00:00")
    pulling.pull_due(now=NOW + timedelta(days=40))
    assert b"Hello 2" in kept()[-1]


def test_a_folder_is_read_in_pages_and_a_line_that_breaks_loses_nothing(mails, monkeypatch):
    monkeypatch.setattr(imap, "PAGE_MAILS", 2)
    for uid in range(1, 6):
        mails.folders["INBOX"].put(uid, MAIL % uid)
    connect(make_account(), mails, folders=["INBOX"])
    mails.breaks_at = 4  # within the second page
    pulling.pull_due(now=NOW)
    inbox = stream()
    assert (inbox.cursor["last_uid"], inbox.failures, inbox.error_code, inbox.lease_until) == (
        2,
        1,
        "unreachable",
        None,
    )
    assert timedelta(seconds=45) <= inbox.next_run_at - NOW <= timedelta(seconds=75)
    mails.breaks_at = 0
    pulling.pull_due(now=NOW + timedelta(minutes=2))
    assert [page.count(b"Hello") for page in kept()] == [2, 2, 1]
    inbox = stream()
    assert (inbox.cursor["last_uid"], inbox.failures, inbox.error) == (5, 0, "")


def test_a_page_of_which_nothing_is_left_is_no_failure(mails):
    mails.folders["INBOX"].put(1, b"")
    connect(make_account(), mails, folders=["INBOX"])
    assert pulling.pull_due(now=NOW) == 1
    assert (kept(), stream().error_code, stream().last_success_at) == ([], "", NOW)


def test_waits_grow_to_six_hours(mails):
    connect(make_account(), mails, folders=["INBOX"])
    StreamState.objects.update(failures=20)
    mails.breaks_at = 1
    mails.folders["INBOX"].put(1, MAIL % 1)
    pulling.pull_due(now=NOW)
    assert timedelta(hours=4.5) <= stream().next_run_at - NOW <= timedelta(hours=7.5)


def test_a_wrong_password_stops_the_connection_until_a_person_acts(mails, caplog):
    caplog.set_level(logging.DEBUG)
    connection = connect(make_account(), mails, folders=["INBOX"], password="a wrong password")
    pulling.pull_due(now=NOW)
    connection.refresh_from_db()
    assert (connection.state, stream().error_code) == ("attention", "login")
    assert pulling.pull_due(now=NOW + timedelta(days=1)) == 0
    secrets.keep(connection, {"password": PASSWORD})
    connection.save()
    pulling.run_now(connection, NOW)
    assert pulling.pull_due(now=NOW) == 1
    assert stream().error_code == ""
    assert "password" not in caplog.text.lower()


def test_a_password_beyond_ascii_signs_in_and_a_wrong_one_stops(mails):
    mails.password = "schöner Käse 拾光"
    connect(make_account(), mails, folders=["INBOX"], password=mails.password)
    pulling.pull_due(now=NOW)
    assert (stream().error_code, stream().last_success_at) == ("", NOW)
    mails.password = "another"
    pulling.pull_due(now=NOW + pulling.EVERY)
    assert stream().error_code == "login"


def test_a_server_that_does_not_prove_who_it_is_gets_no_password(settings, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    signed = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOW - timedelta(days=9999), NOW.replace(year=2099)
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    settings.IMAP_WITHOUT_TLS = []
    account = make_account()
    with server.running(tls) as stranger:
        connection = connect(account, stranger, folders=["INBOX"])
        pulling.pull_due(now=NOW)
    assert stranger.told == []
    connection.refresh_from_db()
    assert (connection.state, stream().error_code) == ("attention", "certificate")
    page = text_of(client_of(account).get(reverse("connection", args=[connection.pk])))
    assert "does not prove who it is" in page


def test_a_folder_that_is_not_there_is_told(mails):
    connection = connect(make_account(), mails, folders=["Gesendet"])
    pulling.pull_due(now=NOW)
    connection.refresh_from_db()
    assert (connection.state, stream("Gesendet").error_code) == ("attention", "no_folder")


def test_a_server_that_is_away_is_tried_again(mails):
    connection = connect(make_account(), mails, folders=["INBOX"])
    Connection.objects.update(port=1)  # nobody listens there
    pulling.pull_due(now=NOW)
    connection.refresh_from_db()
    assert (connection.state, stream().error_code) == ("active", "unreachable")


def test_a_folder_belongs_to_one_worker_until_its_lease_is_over(mails):
    mails.folders["INBOX"].put(1, MAIL % 1)
    connect(make_account(), mails, folders=["INBOX"])
    StreamState.objects.update(worker="another", lease_until="2999-01-01T00:00:00Z")
    assert pulling.pull_due(now=NOW) == 0
    StreamState.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert pulling.pull_due(now=NOW) == 1
    assert len(kept()) == 1


def test_paused_connections_rest(mails):
    connect(make_account(), mails)
    Connection.objects.update(state=Connection.State.PAUSED)
    assert pulling.pull_due(now=NOW) == 0


def test_the_command_pulls_one_connection_at_once(mails, capsys):
    mails.folders["INBOX"].put(1, MAIL % 1)
    connection = connect(make_account(), mails)
    StreamState.objects.update(next_run_at=NOW + timedelta(days=1))
    call_command("pull", connection=connection.pk, now=NOW.isoformat())
    assert f"2 folders pulled\n  {connection.pk} Support, INBOX: ok" in capsys.readouterr().out


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_a_password_is_sealed_and_only_its_end_is_known(mails):
    connection = connect(make_account(), mails)
    assert PASSWORD.encode() not in bytes(Connection.objects.get().secret)
    assert secrets.opened(connection) == {"password": PASSWORD}
    assert connection.secret_hint == "tery"
    secrets.keep(connection, {"password": "short"})
    assert connection.secret_hint == ""  # the end of a short one would tell too much


def test_keys_are_rotated_and_old_ones_can_go(mails, settings, capsys):
    connection = connect(make_account(), mails)
    old, new = settings.CONNECTION_KEYS[0], keys.new_raw_key()
    settings.CONNECTION_KEYS = [new, old]
    call_command("rotate_keys")
    assert "1 secrets are sealed with the newest key" in capsys.readouterr().out
    settings.CONNECTION_KEYS = [new]
    connection.refresh_from_db()
    assert secrets.opened(connection) == {"password": PASSWORD}
    settings.CONNECTION_KEYS = [keys.new_raw_key()]
    with pytest.raises(CommandError, match="Support"):
        call_command("rotate_keys")


def test_a_password_that_no_key_opens_is_asked_for_anew(mails, settings):
    connection = connect(make_account(), mails, folders=["INBOX"])
    settings.CONNECTION_KEYS = [keys.new_raw_key()]
    pulling.pull_due(now=NOW)
    connection.refresh_from_db()
    assert (connection.state, stream().error_code) == ("attention", "sealed")


def test_what_a_forgotten_connection_has_left_goes_to_no_account_of_others(mails):
    us, de = make_account("acme-us", marketplace="US"), make_account("acme-de", marketplace="DE")
    german = from_buyer("Wo ist es?", X_Marketplace_ID=DE, From="z1@marketplace.amazon.de")
    mails.folders["INBOX"].put(7, german, "2026-01-10T12:34:56")
    connection = connect(us, mails, folders=["INBOX"])
    Connection.objects.update(created_by=make_user("", us, role=Membership.Role.MANAGER))
    pulling.pull_due(now=NOW)
    connection.delete()
    assert imports.run(ImportRun.objects.get().pk, now=NOW).quarantined == 1
    assert not Message.objects.filter(account=de).exists()


# --- Pages -----------------------------------------------------------------------------------------------------------


def client_of(*accounts, role=Membership.Role.MANAGER):
    client = Client()
    client.force_login(make_user("", *accounts, role=role))
    return client


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def said(shop, running, **changed):
    return {
        "name": "Support", "account": shop.key, "host": "127.0.0.1", "port": running.port,
        "user": "support@example.com", "password": PASSWORD, "folders": "INBOX, Sent", "since": "2026-01-01", **changed,
    }  # fmt: skip


def test_a_manager_connects_a_mailbox_and_sees_how_it_stands(mails):
    account = make_account()
    client = client_of(account)
    assert "No mailbox is connected" in text_of(client.get(reverse("connections")))
    answer = client.post(reverse("connection_new"), said(account, mails))
    connection = Connection.objects.get()
    assert answer["Location"] == reverse("connection", args=[connection.pk])
    page = text_of(client.get(answer["Location"]))
    assert page.count("Not read yet") == 2
    assert "ends in tery" in page
    assert PASSWORD not in page
    pulling.pull_due(now=StreamState.objects.first().next_run_at)
    assert text_of(client.get(reverse("connections"))).count("Working") == 3  # the connection and both folders
    assert [entry.changes_dict.get("secret") for entry in LogEntry.objects.get_for_object(connection)] == [None]


def test_a_password_stays_when_none_is_entered(mails):
    account = make_account()
    client = client_of(account)
    connection = connect(account, mails)
    address = reverse("connection", args=[connection.pk])
    client.post(address, said(account, mails, password="", name="Renamed", folders="INBOX"))
    connection.refresh_from_db()
    assert (connection.name, connection.folders) == ("Renamed", ["INBOX"])
    assert secrets.opened(connection) == {"password": PASSWORD}
    assert [one.stream for one in connection.streams.all()] == ["INBOX"]
    client.post(address, said(account, mails, password="another password"))
    connection.refresh_from_db()
    assert secrets.opened(connection) == {"password": "another password"}


@pytest.mark.parametrize("changed", [{"port": 994}, {"user": "else@example.com"}])
def test_another_mailbox_gets_no_password_that_was_kept_for_this_one(mails, changed):
    account = make_account()
    connection = connect(account, mails)
    address = reverse("connection", args=[connection.pk])
    answer = client_of(account).post(address, said(account, mails, password="", **changed))
    assert "needs its password entered anew" in text_of(answer)
    connection.refresh_from_db()
    assert (connection.port, connection.user) == (mails.port, "support@example.com")


def test_who_names_another_mailbox_answers_for_it_and_it_is_read_from_its_first_day(mails):
    account = make_account()
    connection = connect(account, mails, folders=["INBOX"])
    Connection.objects.update(created_by=make_user("first", account, role=Membership.Role.MANAGER))
    StreamState.objects.update(cursor={"uidvalidity": 1, "last_uid": 900})
    second = make_user("second", account, role=Membership.Role.MANAGER)
    client = Client()
    client.force_login(second)
    address = reverse("connection", args=[connection.pk])
    client.post(address, said(account, mails, folders="INBOX", name="Renamed"))
    connection.refresh_from_db()
    assert (connection.created_by.username, stream().cursor["last_uid"]) == ("first", 900)
    client.post(address, said(account, mails, folders="INBOX", user="else@example.com"))
    connection.refresh_from_db()
    assert (connection.created_by, stream().cursor) == (second, {})


def test_mails_of_an_earlier_day_are_read_when_they_are_asked_for(mails):
    account = make_account()
    mails.folders["INBOX"].put(1, MAIL % 1, "2025-06-01T12:00:00")
    mails.folders["INBOX"].put(2, MAIL % 2, "2026-01-10T12:00:00")
    connection = connect(account, mails, folders=["INBOX"])
    pulling.pull_due(now=NOW)
    assert stream().cursor["last_uid"] == 2
    address = reverse("connection", args=[connection.pk])
    client_of(account).post(address, said(account, mails, folders="INBOX", password="", since="2025-01-01"))
    pulling.pull_due(now=stream().next_run_at)
    assert b"Hello 1" in kept()[-1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"host": "http://evil.example/"}, "not the name of a server"),
        ({"host": "localhost"}, "not the name of a server"),
        ({"password": ""}, "needs its password"),
        ({"port": 0}, "greater than or equal"),
        ({"account": "of-others"}, "Select a valid choice"),
    ],
)
def test_a_connection_that_cannot_be_is_refused(mails, changed, words):
    account = make_account()
    make_account("of-others")
    assert words in text_of(client_of(account).post(reverse("connection_new"), said(account, mails, **changed)))
    assert not Connection.objects.exists()


def test_the_same_mailbox_is_connected_once(mails):
    account = make_account()
    connect(account, mails)
    page = text_of(client_of(account).post(reverse("connection_new"), said(account, mails)))
    assert "connected to the account already" in page


def test_what_went_wrong_is_told_in_plain_words(mails):
    account = make_account()
    client = client_of(account)
    connection = connect(account, mails, folders=["INBOX"], password="a wrong password")
    pulling.pull_due(now=NOW)
    page = text_of(client.get(reverse("connection", args=[connection.pk])))
    assert "Not working" in page
    assert "does not accept the user or the password" in page


def test_a_connection_that_brings_nothing_in_is_told_on_the_accounts_page(mails):
    account = make_account()
    client = client_of(account)
    connection = connect(account, mails, folders=["INBOX"], password="a wrong password")
    address = reverse("account", args=[account.key])
    Connection.objects.update(created_at=timezone.now())
    assert "is not being read" not in text_of(client.get(address))
    pulling.pull_due(now=NOW)
    assert "“Support” is not being read" in text_of(client.get(address))
    Connection.objects.update(state="active")
    StreamState.objects.update(last_success_at=timezone.now() - timedelta(days=2))
    assert "is not being read" in text_of(client.get(address))
    StreamState.objects.update(last_success_at=timezone.now())
    assert "is not being read" not in text_of(client.get(address))
    Connection.objects.filter(pk=connection.pk).update(state="paused")
    assert "is not being read" not in text_of(client.get(address))


def test_a_connection_is_paused_resumed_run_and_forgotten(mails):
    account = make_account()
    client = client_of(account)
    connection = connect(account, mails)
    for step, state in (("pause", "paused"), ("resume", "active"), ("run", "active")):
        client.post(reverse("connection_step", args=[connection.pk, step]))
        connection.refresh_from_db()
        assert connection.state == state
    assert client.post(reverse("connection_step", args=[connection.pk, "explode"])).status_code == 404
    client.post(reverse("connection_step", args=[connection.pk, "forget"]))
    assert not Connection.objects.exists()


def test_viewers_look_and_others_find_nothing(mails):
    account = make_account()
    connection = connect(account, mails)
    viewer, stranger = client_of(account, role=Membership.Role.VIEWER), client_of(make_account())
    address, pause = (
        reverse("connection", args=[connection.pk]),
        reverse("connection_step", args=[connection.pk, "pause"]),
    )
    assert viewer.get(address).status_code == 200
    assert 'type="password"' not in text_of(viewer.get(address))
    assert viewer.post(address, said(account, mails)).status_code == 403
    assert viewer.post(pause).status_code == 403
    assert viewer.get(reverse("connection_new")).status_code == 403
    assert stranger.get(address).status_code == 404
    assert stranger.post(pause).status_code == 404
    assert "Support" not in text_of(stranger.get(reverse("connections")))
    assert Client().get(reverse("connections")).status_code == 302
