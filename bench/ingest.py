"""How fast do records become rows, beside a raw COPY or INSERT of the same rows into the same tables?

Nothing stays: each way runs in a savepoint of its own, settles its foreign keys and is undone. New rows are written
into tables that hold the small data set, with all their indexes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Value
from django.db.models.expressions import RawSQL

from bench.data import make_account, rows_of
from bench.records import NOW, SYSTEM, Shop, months
from bench.results import Figure
from bench.stage import ROUNDS, Spent, Stage, compare, median, spending
from intake.contract import RECORD_TYPES
from intake.fields import Cleaning
from intake.gate import ingest, take
from intake.imports import CHUNK
from intake.statements import read_statement
from messaging.models import Agent, Conversation, Message, MessageBody, SurveyAnswer, Turn
from orders.models import Mention, Order, Shipment
from sellers.bulk import insert_rows
from sellers.columns import bound, copied
from sellers.models import SellerAccount

COMMAND = "script/bench --only ingest"
SHOP = Shop(number=9_001, conversations=4_000, orders=8_000)
BATCH = 1_000
TABLES: tuple[type[models.Model], ...] = (
    Agent, Conversation, Message, MessageBody, Turn, SurveyAnswer, Order, Shipment, Mention,
    *(kind.model for kind in RECORD_TYPES.values() if kind.model not in (Conversation, Message, SurveyAnswer, Order)),
)  # fmt: skip

Rows = dict[type[models.Model], list[Any]]


def run(stage: Stage) -> list[Figure]:
    """The figures of both databases."""
    records = [record for month in months(SHOP) for record in month][: stage.first.records]
    figures = []
    for vendor in ("postgresql", "sqlite"):
        with stage.on(vendor), transaction.atomic():
            figures += _figures(vendor, make_account(SHOP), records)
            transaction.set_rollback(True)
    return figures


def _figures(vendor: str, account: SellerAccount, records: Sequence[dict[str, Any]]) -> list[Figure]:
    with undone():
        send(account, records)
        rows = _rows(account)
        before = _versions(account)
        send(account, records)
        rewritten = len(before - _versions(account))
    written = sum(map(len, rows.values()))
    tables = compare({"raw": _raw(rows), "rows": lambda: _insert(rows)})
    whole = compare({"batches": lambda: _undo(_batches, account, records), "read": lambda: _read(records)})
    first, again = _twice(account, records)
    raw, target = ("raw COPY", 1.25) if vendor == "postgresql" else ("plain executemany", 1.3)

    def figure(name: str, what: str, value: float, **more: Any) -> Figure:
        return Figure(
            name=f"{vendor}_{name}", what=f"{connection.display_name}: {what}", value=value, command=COMMAND, **more
        )

    per_record = 1e6 / len(records)
    per_second = len(records) / first.cpu
    backend = (first.cpu - first.client) * per_record
    return [
        figure("rows", f"rows in memory into their tables, CPU beside {raw} of the same rows ready as text",
               tables["rows"].cpu / tables["raw"].cpu, target=target, stretch=1.0,
               bound=f"{written:,} rows of {len(rows)} tables: {raw} {tables['raw'].cpu:.2f} s, ours "
                     f"{tables['rows'].cpu:.2f} s, the difference is writing values as text in Python"),
        figure("gate", f"records through the gate in pieces of {CHUNK:,}, as files come in", per_second,
               unit="records/CPU s", at_least=True, target=20_000 if vendor == "postgresql" else None,
               bound=f"{first.cpu * per_record:.0f} µs a record, of them {whole['read'].cpu * per_record:.0f} for "
                     f"reading and checking it and {backend:.0f} in the database's process; {raw} alone of the rows it "
                     f"leaves takes {tables['raw'].cpu * per_record:.0f}"),
        figure("batches", f"the same in batches of {BATCH:,}, as the API takes them",
               len(records) / whole["batches"].cpu,               unit="records/CPU s"),
        figure("validation", "reading and checking alone", len(records) / whole["read"].cpu, unit="records/CPU s"),
        figure("write", f"storing what was read (merge, turns, verdicts, marks), CPU beside {raw} of its rows",
               (first.cpu - whole["read"].cpu) / tables["raw"].cpu),
        figure("replay", "the first time, beside the same records again", first.cpu / again.cpu, at_least=True,
               target=1.5, stretch=2.0, unit="times"),
        figure("rewritten", "rows rewritten by the same records again", rewritten, target=0),
    ]  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is checked as a commit would check it, and then was never there."""
    with transaction.atomic():
        yield
        _settle()
        transaction.set_rollback(True)


def _settle() -> None:
    """Check foreign keys as a commit would. SQLite counts them as it goes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _undo(work: Callable[..., object], *given: Any) -> None:
    with undone():
        work(*given)


def send(account: SellerAccount, records: Sequence[dict[str, Any]]) -> None:
    """Records through the gate as an import sends them; the shop's records are all good."""
    for start in range(0, len(records), CHUNK):
        with transaction.atomic():
            taken = take(rows_of(list(records[start : start + CHUNK])), account=account, now=NOW, raw_item_id=None)
        refused = [outcome for outcome in taken.outcomes if outcome.problem]
        if refused:
            raise AssertionError(f"the gate refused {refused[0]}")


def _batches(account: SellerAccount, records: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(records), BATCH):
        batch = {
            "schema": "1", "batch_id": f"b-{start}", "account": account.key, "system": SYSTEM,
            "observed_at": NOW.isoformat(), "records": list(records[start : start + BATCH]),
        }  # fmt: skip
        ingest(account, batch, owner="bench", now=NOW)


def _read(records: Sequence[dict[str, Any]]) -> None:
    cleaning = Cleaning(NOW)
    defaults = {"system": SYSTEM, "observed_at": NOW}
    for record in records:
        read_statement(record, cleaning=cleaning.fresh(), defaults=defaults)


def _twice(account: SellerAccount, records: Sequence[dict[str, Any]]) -> tuple[Spent, Spent]:
    """The time of the first and of the second delivery of the same records."""
    first, again = [], []
    for _round in range(ROUNDS):
        with undone():
            for times in (first, again):
                with spending() as spent:
                    send(account, records)
                    _settle()
                times.append(spent)
    return median(first), median(again)


def _of(model: type[models.Model], account: SellerAccount) -> models.QuerySet[Any]:
    of_account = {"message__account": account} if model is MessageBody else {"account": account}
    return model._default_manager.filter(**of_account).order_by("pk")


def _rows(account: SellerAccount) -> Rows:
    found = {model: list(_of(model, account)) for model in TABLES}
    return {model: rows for model, rows in found.items() if rows}


def _versions(account: SellerAccount) -> set[tuple[Any, ...]]:
    """Which version of each row stands: where PostgreSQL keeps it, on SQLite what it says."""
    return {
        (model.__name__, *map(repr, row))
        for model in TABLES
        for row in _of(model, account).annotate(place=_place(model)).values_list()
    }


def _place(model: type[models.Model]) -> Any:
    postgresql = connection.vendor == "postgresql"
    return RawSQL(f'"{model._meta.db_table}".ctid::text', []) if postgresql else Value("")


def _raw(rows: Rows) -> Callable[[], None]:
    """Write rows whose values are ready: texts of COPY, tuples of a prepared INSERT."""
    ready = []
    for model, group in rows.items():
        fields = model._meta.concrete_fields
        columns = [(field, [getattr(row, field.attname) for row in group]) for field in fields]
        names = ", ".join(f'"{field.column}"' for field in fields)
        if connection.vendor == "postgresql":
            lines = zip(*(copied(field, values) for field, values in columns), strict=True)
            text = "".join("\t".join(line) + "\n" for line in lines)
            ready.append((f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', text))
        else:
            places = ", ".join(["%s"] * len(fields))
            values = list(zip(*(bound(field, values) for field, values in columns), strict=True))
            ready.append((f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})', values))

    def write() -> None:
        with undone(), connection.cursor() as cursor:
            for statement, values in ready:
                if connection.vendor == "postgresql":
                    with cursor.copy(statement) as copy:
                        copy.write(values)
                else:
                    cursor.executemany(statement, values)

    return write


def _insert(rows: Rows) -> None:
    with undone():
        for model, group in rows.items():
            insert_rows(model, group, "default")
