"""Does one late fact cost the same however many accounts and rows there are?"""

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from bench.data import Size, rows_of
from bench.records import NOW
from bench.results import Figure
from bench.stage import Spent, Stage, counting_statements, median, spending, tidy
from intake.corrections import Change, Kind, correct
from intake.gate import take
from kpis.sweep import sweep, sweep_account
from messaging.models import Conversation, SurveyAnswer
from orders.models import Order
from sellers.models import SellerAccount

FACTS = 60  # of each kind and size
COMMAND = "script/bench --only late_fact"

Record = dict[str, Any]


@dataclass
class Cost:
    """What late facts of one kind took: times, and the numbers of statements that occurred."""

    times: list[Spent] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)


def message(account: SellerAccount, chance: random.Random) -> Callable[[], None]:
    """Another question in an old conversation, with its answer long given."""
    thread = _any(Conversation, account, chance)
    return _sent(
        account,
        {
            "type": "message", "external_id": f"late-{uuid4()}", "conversation_external_id": thread.external_id,
            "sent_at": (thread.opened_at - timedelta(minutes=5)).isoformat(), "author_kind": "buyer",
            "direction": "inbound", "body_text": "And where is it now?",
        },
    )  # fmt: skip


def order(account: SellerAccount, chance: random.Random) -> Callable[[], None]:
    """An old order that no report named before."""
    near = _any(Order, account, chance)
    return _sent(
        account,
        {
            "type": "order", "external_id": f"late-{uuid4()}", "placed_at": near.placed_at.isoformat(),
            "status": "shipped", "fulfilled_by": "merchant", "ship_by_at": near.ship_by_at.isoformat(),
            "deliver_by_at": near.deliver_by_at.isoformat(),
            "shipments": [{"external_id": "1", "confirmed_at": near.ship_by_at.isoformat()}],
        },
    )  # fmt: skip


def answer(account: SellerAccount, chance: random.Random) -> Callable[[], None]:
    """A second answer of a buyer, which takes the place of the first."""
    given = _any(SurveyAnswer, account, chance)
    return _sent(
        account,
        {
            "type": "survey_answer", "external_id": f"late-{uuid4()}", "kind": "solved", "solved": False,
            "conversation_external_id": given.conversation.external_id,
            "answered_at": (given.answered_at + timedelta(minutes=1)).isoformat(),
        },
    )  # fmt: skip


def correction(account: SellerAccount, chance: random.Random) -> Callable[[], None]:
    """A person moves the ship-by date of an old order."""
    row = _any(Order, account, chance)
    values = {"ship_by_at": (row.ship_by_at + timedelta(days=1)).isoformat()}

    def work() -> None:
        correct(account, [row], Change(Kind.VALUES, values), by=None, now=NOW, reason="Told by the buyer")

    return work


KINDS: dict[str, Callable[[SellerAccount, random.Random], Callable[[], None]]] = {
    "message": message, "order": order, "answer": answer, "correction": correction,
}  # fmt: skip


def _any(model: Any, account: SellerAccount, chance: random.Random) -> Any:
    """A row of the account's middle months, found without counting them all."""
    day = (NOW - timedelta(days=chance.randrange(60, 300))).date()
    row = model.objects.filter(account=account, day__gte=day).order_by("day", "id").first()
    row.account = account
    return row


def _sent(account: SellerAccount, record: Record) -> Callable[[], None]:
    def work() -> None:
        with transaction.atomic():
            taken = take(rows_of([record]), account=account, now=NOW, raw_item_id=None)
        if taken.outcomes[0].problem:
            raise AssertionError(taken.outcomes[0])

    return work


def run(stage: Stage) -> list[Figure]:
    """One late fact of each kind through its door and the sweep, at two sizes of the database."""
    # A short run has no second size: three times the accounts stand in for it.
    sizes = [*stage.sizes, replace(stage.first, name="triple", accounts=3 * stage.first.accounts)][:2]
    costs = {}
    for size in sizes:
        with stage.on("postgresql", size):
            sweep(NOW)
            tidy()
            costs[size] = {kind: _cost(prepare, size) for kind, prepare in KINDS.items()}
    small, large = sizes
    figures = []
    for kind in KINDS:
        few, many = costs[small][kind], costs[large][kind]
        one, other = median(few.times), median(many.times)
        most = max(few.statements + many.statements)
        figures += [
            Figure(
                name=f"late_{kind}_growth", value=other.cpu / one.cpu, target=1.25, unit="times", command=COMMAND,
                what=f"A late {kind} with {large.accounts:,} accounts against {small.accounts:,}",
            ),
            Figure(
                name=f"late_{kind}", value=other.cpu * 1000, unit="ms", command=COMMAND,
                what=f"A late {kind} through its door and the sweep, {large.accounts:,} accounts; at most {most} "
                "statements",
            ),
            Figure(
                name=f"late_{kind}_statements", target=1, unit="times", command=COMMAND,
                value=statistics.median(many.statements) / statistics.median(few.statements),
                what=f"Statements of a late {kind} with {large.accounts:,} accounts against {small.accounts:,}",
            ),
        ]  # fmt: skip
    return figures


def _cost(prepare: Callable[[SellerAccount, random.Random], Callable[[], None]], size: Size) -> Cost:
    """The same templates at every size, so that accounts of the same history are compared."""
    chance = random.Random(6)  # chance, not a secret
    accounts = list(SellerAccount.objects.order_by("id"))
    cost = Cost()
    for number in range(FACTS):
        template = 3 + number % (size.templates - 3)  # the smallest shops may have no answers
        copy = chance.randrange(size.copies)
        account = accounts[template + copy * size.templates]
        work = prepare(account, random.Random(number))  # chance, not a secret
        if number % 2:
            with counting_statements() as counted:
                work()
                sweep_account(account, NOW)
            cost.statements += counted
        else:
            with spending() as spent:
                work()
                sweep_account(account, NOW)
            cost.times.append(spent)
    return cost
