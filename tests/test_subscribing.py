"""The pages of reports by mail: subscribe, change, pause, preview, the log, and unsubscribing without signing in."""

import pytest
from django.core import mail
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from dashboard.forms import SubscriptionForm
from dashboard.mailing.letter import unsubscribe_url
from dashboard.mailing.sending import send_reports
from dashboard.models import Delivery, Subscription
from sellers.models import Membership
from tests.makers import at, make_account, make_user
from tests.test_mailing import MONDAY, bad_week, close, good_week, subscribe
from tests.test_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

NOW = at("2026-01-22 12:00")  # a Thursday
SAID = {"every_account": "on", "language": "zh-hans", "weekday": "0", "hour": "8", "time_zone": "Asia/Shanghai"}


@pytest.fixture
def shop():
    account = make_account("mine", name="Rose Garden")
    good_week(account)
    bad_week(account)
    close("2026-01-19 01:00")
    return account


def client_for(user):
    client = Client()
    client.force_login(user)
    return client


def reader(*accounts):
    return make_user("", *accounts, email="mei@example.com")


def path_of(one, more=""):
    return f"/you/reports/{one.pk}/{more}"


def test_who_subscribes_is_told_when_the_next_one_comes(shop):
    user = reader(shop)
    answer = client_for(user).post("/you/reports/new/", SAID, follow=True)
    one = Subscription.objects.get(user=user)
    assert one.next_at == at("2026-01-26 00:00")  # Monday 08:00 in Shanghai
    assert "The next one is mailed on Mon 26 Jan, 08:00." in text_of(answer)


def test_the_form_begins_with_the_readers_language_and_the_accounts_zone(shop):
    form = client_for(reader(shop)).get("/you/reports/new/").context["page"].form
    assert (form["language"].value(), form["time_zone"].value(), form["hour"].value()) == ("en", "UTC", 8)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"every_account": ""}, "Choose at least one account, or all of them."),
        ({"time_zone": "Shanghai"}, "is not an IANA time zone"),
        ({"hour": "24"}, "Select a valid choice."),
        ({"language": "fr"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(shop, wrong, sentence):
    answer = client_for(reader(shop)).post("/you/reports/new/", {**SAID, **wrong})
    assert sentence in text_of(answer)
    assert not Subscription.objects.exists()


def test_accounts_of_others_cannot_be_chosen(shop):
    theirs = make_account("theirs", name="Theirs")
    client = client_for(reader(shop))
    assert "Theirs" not in text_of(client.get("/you/reports/new/"))
    answer = client.post("/you/reports/new/", {**SAID, "every_account": "", "accounts": [str(theirs.pk)]})
    assert answer.status_code == 200
    assert not Subscription.objects.exists()


def test_an_account_that_was_withdrawn_has_no_name_here_any_more(shop):
    other = make_account("other", name="Other")
    one = subscribe(user=reader(shop, other), chosen=[shop])
    Membership.objects.filter(account=shop).delete()
    for path in ("/you/reports/", path_of(one), path_of(one, "preview/")):
        page = text_of(client_for(one.user).get(path))
        assert "Rose Garden" not in page
        assert "0 accounts" in page


@pytest.mark.parametrize("chosen", [False, True])
def test_a_double_click_subscribes_once(shop, chosen):
    other = make_account("other")
    user = reader(shop, other)
    said = {**SAID, "every_account": "", "accounts": [str(shop.pk), str(other.pk)]} if chosen else SAID
    forms = [
        SubscriptionForm(
            QueryDict(urlencode(said, doseq=True)), instance=Subscription(user=user), accounts=[shop, other]
        )
        for _click in range(2)
    ]
    assert all(form.is_valid() for form in forms), "neither has been kept when the other is looked at"
    first, second = (form.keep(NOW) for form in forms)
    assert first == second == Subscription.objects.get()
    assert set(first.accounts.all()) == ({shop, other} if chosen else set())
    later = SubscriptionForm({**SAID, "hour": "9"}, instance=Subscription(user=user), accounts=[shop, other])
    assert later.is_valid()
    later.keep(NOW)
    assert Subscription.objects.count() == 2, "another hour is another report"


def test_changing_the_hour_moves_the_next_one(shop):
    one = subscribe(user=reader(shop))
    client_for(one.user).post(path_of(one), {**SAID, "every_account": "", "accounts": [str(shop.pk)], "hour": "9"})
    one.refresh_from_db()
    assert (one.hour, one.next_at, list(one.accounts.all())) == (9, at("2026-01-26 01:00"), [shop])


def test_changing_the_language_loses_no_mail_that_is_due(shop):
    one = subscribe(user=reader(shop), next_at=MONDAY, time_zone="UTC")  # no worker has run since
    client_for(one.user).post(path_of(one), {**SAID, "time_zone": "UTC"})
    assert send_reports(NOW).sent == 1
    assert "周" in mail.outbox[0].body


def test_pausing_and_resuming(shop):
    one = subscribe(user=reader(shop))
    client = client_for(one.user)
    client.post(path_of(one, "do/pause/"))
    one.refresh_from_db()
    assert (one.active, one.next_at) == (False, None)
    client.post(path_of(one, "do/resume/"))
    one.refresh_from_db()
    assert (one.active, one.next_at) == (True, at("2026-01-26 08:00"))  # and nothing of the weeks between


def test_send_me_one_now_only_makes_a_row_that_a_worker_sends(shop):
    one = subscribe(user=reader(shop), next_at=at("2026-01-26 08:00"))
    answer = client_for(one.user).post(path_of(one, "do/send/"), follow=True)
    assert "The newest report is mailed within a minute." in text_of(answer)
    assert mail.outbox == []
    assert send_reports(NOW).sent == 1
    assert "Asked for by you." in text_of(client_for(one.user).get("/you/reports/"))


def test_without_a_week_nothing_can_be_asked_for():
    one = subscribe(user=reader(make_account("mine")))
    answer = client_for(one.user).post(path_of(one, "do/send/"), follow=True)
    assert "There is no published week yet" in text_of(answer)
    assert "No week has been published yet" in text_of(client_for(one.user).get(path_of(one, "preview/")))
    assert client_for(one.user).get(path_of(one, "preview/mail/")).status_code == 404


def test_the_preview_is_the_mail(shop):
    one = subscribe(user=reader(shop), language="zh-hant")
    page = client_for(one.user).get(path_of(one, "preview/")).context["page"].letter
    html = client_for(one.user).get(path_of(one, "preview/mail/"))
    send_reports(MONDAY)
    sent = mail.outbox[0]
    assert (page.subject, page.text, page.html) == (sent.subject, sent.body, sent.alternatives[0][0])
    assert html.content.decode() == page.html


def test_the_preview_has_a_policy_of_its_own_and_no_other_page_may_use_styles(shop):
    one = subscribe(user=reader(shop))
    client = client_for(one.user)
    policy = client.get(path_of(one, "preview/mail/"))["Content-Security-Policy"]
    for rule in ("default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'none'", "sandbox"):
        assert rule in policy
    assert "script-src" not in policy
    assert "unsafe" not in client.get(path_of(one, "preview/"))["Content-Security-Policy"]


def test_the_log_says_why_a_mail_did_not_arrive(shop):
    one = subscribe(user=reader(shop))
    Delivery.objects.create(
        subscription=one, week=at("2026-01-18 00:00").date(), state="failed", reason="refused", code=550,
        due_at=MONDAY, try_at=MONDAY, ended_at=MONDAY, attempts=1,
    )  # fmt: skip
    page = text_of(client_for(one.user).get("/you/reports/"))
    assert "The mail server does not accept this recipient. Its answer was 550." in page


@pytest.mark.parametrize("more", ["", "preview/", "preview/mail/", "do/send/", "do/pause/", "do/remove/"])
def test_subscriptions_of_others_are_missing(shop, more):
    one = subscribe(user=reader(shop))
    client = client_for(make_user("", shop))
    answer = client.post(path_of(one, more)) if more.startswith("do/") else client.get(path_of(one, more))
    assert answer.status_code == 404
    assert Subscription.objects.get() == one


def test_steps_that_are_none_and_steps_by_get_are_refused(shop):
    one = subscribe(user=reader(shop))
    client = client_for(one.user)
    assert client.post(path_of(one, "do/explode/")).status_code == 404
    assert client.get(path_of(one, "do/pause/")).status_code == 405


def test_the_list_takes_the_same_queries_however_many_subscriptions(shop):
    user = reader(shop)
    client = client_for(user)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/you/reports/").status_code == 200
        return len(caught)

    subscribe(user=user, chosen=[shop])
    send_reports(MONDAY)
    queries()
    few = queries()
    assert few == 10
    for _number in range(3):
        subscribe(user=user, chosen=[shop])
    send_reports(MONDAY)
    assert queries() == few


# --- Unsubscribing ---------------------------------------------------------------------------------------------------


def way_out(one):
    return unsubscribe_url(one).removeprefix("http://localhost:8000")


def test_looking_at_the_link_ends_nothing(shop):
    one = subscribe(user=reader(shop))
    page = text_of(Client().get(way_out(one)))
    assert "Unsubscribe?" in page
    one.refresh_from_db()
    assert one.active


def test_one_click_ends_it_without_signing_in_and_without_a_cookie(shop):
    one = subscribe(user=reader(shop))
    client = Client(enforce_csrf_checks=True)
    answer = client.post(way_out(one), {"List-Unsubscribe": "One-Click"})
    assert "You are unsubscribed" in text_of(answer)
    one.refresh_from_db()
    assert (one.active, one.next_at) == (False, None)
    assert send_reports(MONDAY).sent == 0
    assert client.post(way_out(one)).status_code == 200, "twice is once"


def test_a_link_that_was_tampered_with_or_whose_subscription_is_gone_is_missing(shop):
    one = subscribe(user=reader(shop))
    link = way_out(one)
    assert Client().post(link.replace(f"/{one.pk}:", f"/{one.pk + 1}:")).status_code == 404
    assert Client().post("/unsubscribe/7/").status_code == 404
    one.delete()
    assert Client().get(link).status_code == 404
