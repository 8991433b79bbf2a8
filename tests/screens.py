"""Every page of the product with an address to open it at: one list for whatever must hold on all of them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.db import connection
from django.urls import URLPattern, reverse

from dashboard.mailing.letter import unsubscribe_url
from dashboard.models import Subscription
from dashboard.urls import urlpatterns
from intake import secrets
from intake.corrections import Change, correct
from intake.demo import BY_KEY
from intake.demo.load import Told, load
from intake.imports import run, store
from intake.models import Connection, Correction, ImportRun
from kpis.models import DayTotal, WeekReading, WeekReport
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import Order, Shipment
from sellers.models import Note, SellerAccount, User
from tests.makers import NOW, make_user

LARGEST, SMALLEST = "demo-us", "demo-au"  # of the sample accounts, by their rows
ACCOUNTS = (LARGEST, "demo-shopify", SMALLEST)
HALF_GOOD = b"external_id,placed_at,status\none,2026-01-05T10:00:00Z,shipped\ntwo,yesterday,shipped\n"

# What a page may cost in queries, whatever the size of the account and the number of accounts.
QUERIES = {
    "account": 37,
    "account_new": 6,
    "account_passport": 11,
    "account_rejects": 14,
    "agent": 21,
    "agents": 16,
    "assessment": 26,
    "connection": 13,
    "connection_new": 7,
    "connections": 10,
    "conversation": 16,
    "correct": 10,
    "correction": 11,
    "corrections": 15,
    "definitions": 7,
    "find": 12,
    "first_replies": 16,
    "fleet": 30,
    "import": 10,
    "import_new": 7,
    "imports": 10,
    "mail_preview": 13,
    "metric": 24,
    "note": 11,
    "note_new": 9,
    "notes": 13,
    "order": 19,
    "passport": 8,
    "queue": 15,
    "queue_dismissed": 8,
    "rejects": 16,
    "report": 10,
    "reports": 10,
    "subscription": 13,
    "subscription_new": 8,
    "subscriptions": 9,
    "system": 16,
    "topics": 18,
    "unsubscribe": 3,
    "week": 17,
    "weeks": 12,
    "you": 6,
}
# Addresses that nobody opens as a page of their own: files, pieces of pages, and steps that are posted.
NO_PAGES = {
    "conflict_decision",
    "import_progress",
    "note_remove",
    "queue_list",
    "queue_no_reply",
    "queue_wait_again",
    "switch",
    "view_change",
    "view_remove",
    "view_save",
}
NO_PAGE_ENDINGS = ("_csv", "_html", "_step", "_xlsx")


def lived_in(accounts: Iterable[str] = ACCOUNTS) -> User:
    """Sample accounts with their whole history, a mailbox, a correction, and a file of which one row is bad."""
    load(Told(NOW, 1.0), now=NOW, report=lambda _run: None, profiles=[BY_KEY[key] for key in accounts])
    sweep(NOW)
    close_weeks(NOW)
    user = make_user("lin", is_staff=True, is_superuser=True, first_name="Lin", last_name="Wei")
    Subscription.objects.create(user=user, every_account=True, time_zone="Asia/Shanghai")
    for key in (LARGEST, SMALLEST):
        shop = SellerAccount.objects.get(key=key)
        mailbox = Connection(
            account=shop, name="Support", host="imap.example.com", user="support@example.com", folders=["INBOX"],
            since=date(2026, 1, 1), created_at=NOW, state="active",
        )  # fmt: skip
        secrets.keep(mailbox, {"password": "correct horse battery"})
        mailbox.save()
        mailbox.streams.create(stream="INBOX", next_run_at=NOW)
        run(store(shop, "orders.csv", BytesIO(HALF_GOOD), user=user, now=NOW).pk, now=NOW)
        Note.objects.create(
            account=shop, title="New reply templates", starts_on=NOW.date() - timedelta(weeks=5), author=user
        )
        order = Order.objects.filter(account=shop).earliest("pk")
        correct(shop, [order], Change(Correction.Kind.EXCLUDE), by=user, now=NOW, reason="Agreed in case 1234-5678.")
    sweep(NOW)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # As autovacuum does after files of this size; here it sees none of them, and gives way after a second.
            cursor.execute("SET lock_timeout = '60s'")
            tables = (Conversation, Message, Turn, SurveyAnswer, Order, Shipment, DayTotal, WeekReading)
            cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in tables)}")
            cursor.execute("RESET lock_timeout")
    return user


def _mailbox(shop: SellerAccount) -> int:
    return Connection.objects.get(account=shop).pk


def _import(shop: SellerAccount) -> int:
    return ImportRun.objects.filter(account=shop).latest("pk").pk


# What a page's address names besides the account; every page that names something has its line here.
NAMED: dict[str, Callable[[SellerAccount], dict[str, Any]]] = {
    "agent": lambda shop: {"number": Turn.objects.filter(account=shop).exclude(agent=None).latest("pk").agent_id},
    "connection": lambda shop: {"number": _mailbox(shop)},
    "conversation": lambda shop: {"number": Turn.objects.filter(account=shop).latest("pk").conversation_id},
    "correct": lambda shop: {"table": "order", "row": Order.objects.filter(account=shop).earliest("pk").pk},
    "correction": lambda shop: {"number": Correction.objects.filter(account=shop).latest("pk").pk},
    "import": lambda shop: {"number": _import(shop)},
    "mail_preview": lambda _shop: {"number": Subscription.objects.get().pk},
    "note": lambda shop: {"number": Note.objects.filter(account=shop).latest("pk").pk},
    "order": lambda shop: {"number": Order.objects.filter(account=shop).latest("pk").pk},
    "rejects": lambda shop: {"number": _import(shop)},
    "report": lambda shop: {"day": WeekReport.objects.filter(account=shop).latest("ends_on").ends_on},
    "subscription": lambda _shop: {"number": Subscription.objects.get().pk},
    "unsubscribe": lambda _shop: {"token": unsubscribe_url(Subscription.objects.get()).split("/")[-2]},
    "week": lambda shop: {"ends_on": WeekReport.objects.filter(account=shop).latest("ends_on").ends_on},
}


def pages() -> Iterator[URLPattern]:
    """The routes that are pages."""
    names = ((str(pattern.name), pattern) for pattern in urlpatterns)
    return (pattern for name, pattern in names if name not in NO_PAGES and not name.endswith(NO_PAGE_ENDINGS))


def path_of(page: URLPattern, shop: SellerAccount, metric: str = "customer_service_score") -> str:
    """The address of a page about this account."""
    named = {"key": shop.key, "metric": metric, **NAMED.get(str(page.name), lambda _shop: {})(shop)}
    return reverse(str(page.name), kwargs={name: named[name] for name in page.pattern.converters})
