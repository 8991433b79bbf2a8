"""Writers and sweepers at the same time, with transactions held open: in the end no day may be wrong.

The protocol and what other ways of clearing marks cost are in docs/decisions/0003-marks.md.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from kpis.layouts import LAYOUTS
from kpis.models import DayTotal
from kpis.sweep import sweep
from messaging.models import Conversation, Message, Turn
from messaging.recompute import recompute_conversations
from orders.models import Feedback, Order
from orders.recompute import recompute_orders
from sellers.locks import lock_for_writing
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import make_account

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 4, 12, 9, 0, tzinfo=UTC)
START = datetime(2026, 3, 13, tzinfo=UTC)
DAYS = 30
SECONDS = 12
WRITERS, SWEEPERS = 4, 2
POOL = 1500  # order IDs that all writers draw from


def write_orders(account: SellerAccount, chance: random.Random, label: str) -> None:
    placed = START + timedelta(minutes=chance.randrange(DAYS * 24 * 60))
    names = {f"o{chance.randrange(POOL)}" for _number in range(20)}
    names -= set(Order.objects.filter(account=account, external_id__in=names).values_list("external_id", flat=True))
    Order.objects.bulk_create(
        Order(
            account=account, system=label, external_id=name, placed_at=placed + timedelta(hours=number),
            status="shipped", fulfilled_by="merchant", ship_by_at=placed + timedelta(days=2),
        )
        for number, name in enumerate(sorted(names))
    )  # fmt: skip
    recompute_orders(account, names, NOW)


def write_feedback(account: SellerAccount, chance: random.Random, label: str) -> None:
    """Feedback about orders that other writers may be storing at this very moment."""
    names = {f"o{chance.randrange(POOL)}" for _number in range(20)}
    Feedback.objects.bulk_create(
        Feedback(
            account=account, system=label, external_id=f"{name}-{chance.randrange(10**9)}", order_external_id=name,
            rating=1, rated_at=NOW,
        )
        for name in sorted(names)
    )  # fmt: skip
    recompute_orders(account, names, NOW)


def write_messages(account: SellerAccount, chance: random.Random, label: str) -> None:
    """Messages of few conversations, so that writers meet in the same ones."""
    conversation, _new = Conversation.objects.get_or_create(
        account=account, system="x", external_id=f"c{chance.randrange(4)}"
    )
    Message.objects.bulk_create(
        Message(
            account=account, conversation=conversation, system="x", external_id=f"{label}-{chance.randrange(10**9)}",
            sent_at=START + timedelta(minutes=chance.randrange(DAYS * 24 * 60)),
            **chance.choice([
                {"author_kind": "buyer", "direction": "inbound"}, {"author_kind": "agent", "direction": "outbound"},
            ]),
        )
        for _number in range(10)
    )  # fmt: skip
    recompute_conversations(account, [conversation.id], NOW)


def move_and_delete(account: SellerAccount, chance: random.Random, label: str) -> None:
    for order in Order.objects.filter(account=account).select_related("account").order_by("?")[:3]:
        order.placed_at = START + timedelta(minutes=chance.randrange(DAYS * 24 * 60))
        order.save()
    doomed = Order.objects.filter(account=account).order_by("?").values_list("pk", flat=True)[:2]
    Order.objects.filter(pk__in=list(doomed)).delete()


WORK: tuple[Callable[[SellerAccount, random.Random, str], None], ...] = (
    write_orders,
    write_feedback,
    write_messages,
    move_and_delete,
)


class Crew:
    """Threads that run until the time is over; an exception in any of them fails the test."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.errors: list[BaseException] = []
        self.rounds = 0
        self.threads: list[threading.Thread] = []

    def start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            while time.monotonic() < self.until:
                work()
                self.rounds += 1
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a thread is stuck"
        assert self.errors == []


def writer(accounts: list[SellerAccount], number: int) -> Callable[[], None]:
    chance = random.Random(number)

    def write() -> None:
        account = chance.choice(accounts)
        with transaction.atomic():
            lock_for_writing(account.id)
            chance.choice(WORK)(account, chance, f"w{number}")
            if chance.random() < 0.5:
                time.sleep(0.05)

    return write


def wrong_days(accounts: list[SellerAccount]) -> list[tuple[int, str, date]]:
    """The days whose stored sums differ from a count of the facts as they are now."""
    wrong = []
    for slug, layout in LAYOUTS.items():
        ids = [account.id for account in accounts]
        names = [f"part_{index}" for index in range(len(layout.parts))]
        counted = layout.counting().filter(account_id__in=ids).values_list("account_id", layout.fact.day, *names)
        truth = {(account_id, day): sums for account_id, day, *sums in counted}
        totals = DayTotal.objects.filter(account__in=ids, fact=slug, recipe=layout.recipe)
        stored = {(account_id, day): sums for account_id, day, sums in totals.values_list("account_id", "day", "sums")}
        nothing = [0] * len(layout.parts)
        for key in truth.keys() | stored.keys():
            if truth.get(key, nothing) != stored.get(key):
                wrong.append((key[0], slug, key[1]))
    return wrong


def test_four_writers_and_two_sweepers_leave_no_wrong_day():
    accounts = [make_account() for _number in range(3)]
    crew = Crew(time.monotonic() + SECONDS)
    for number in range(WRITERS):
        crew.start(writer(accounts, number))
    for _number in range(SWEEPERS):
        crew.start(lambda: sweep(NOW))
    crew.join()
    sweep(NOW)
    assert Order.objects.count() > 500
    assert Turn.objects.count() > 50
    assert not Mark.objects.exists()
    assert wrong_days(accounts) == []
    assert derived_anew(accounts) == {}


def derived_anew(accounts: list[SellerAccount]) -> dict[str, int]:
    """How many marks a recomputation of everything derived makes: none, if every writer saw what the others wrote."""
    for account in accounts:
        recompute_orders(account, Order.objects.filter(account=account).values_list("external_id", flat=True), NOW)
        recompute_conversations(account, Conversation.objects.filter(account=account).values_list("id", flat=True), NOW)
    found: dict[str, int] = {}
    for fact in Mark.objects.values_list("fact", flat=True):
        found[fact] = found.get(fact, 0) + 1
    return found
