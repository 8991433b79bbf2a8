"""Does a long list of rows become a file in constant memory, however many rows it has?"""

import time

from django.db import connection

from bench.data import LARGE, Size
from bench.pages import person
from bench.records import NOW
from bench.results import Figure
from bench.serving import Asked, Server, serving
from bench.stage import Stage, tidy
from kpis.catalogue import METRICS
from kpis.metrics import Side
from kpis.readings import reading_on
from orders.models import Order
from sellers.days import last_complete_day
from sellers.models import SellerAccount

COMMAND = "script/bench --only export"
EXPORT = Size("export", 1, messages=300, templates=1)
EARLY = 50_000  # rows after which the memory is looked at first
MANY, FEWER = 1_000_000, 100_000
METRIC = "order_defect_rate"


def run(stage: Stage) -> list[Figure]:
    """The orders behind the order defect rate of one account as CSV, from the product's own server."""
    wanted = MANY if LARGE in stage.sizes else FEWER
    with stage.on("postgresql", EXPORT):
        shop = SellerAccount.objects.get()
        multiply(shop, wanted)
        with serving(stage, EXPORT, person("everything", is_staff=True)) as server:
            early, late, rows, seconds = _streamed(server, shop)
    return [
        Figure(
            name="export_memory", what=f"most memory of the server in {rows:,} rows of a file, against {EARLY:,}",
            value=late / early, unit="times", target=1.05, command=COMMAND,
            bound=f"{early:.0f} and {late:.0f} MB; {seconds:.0f} s on the wall",
        ),
    ]  # fmt: skip


def multiply(shop: SellerAccount, wanted: int) -> None:
    """Copy the account's orders in the metric's window until there are so many of them."""
    window = reading_on(METRICS[METRIC], shop, last_complete_day(NOW, shop.zone)).window
    recent = Order.objects.filter(account=shop, day__range=(window.first, window.last))
    there = recent.count()
    if there >= wanted:
        return
    columns = [field.column for field in Order._meta.concrete_fields if not field.primary_key]
    values = ["external_id || '-' || k" if name == "external_id" else name for name in columns]
    rows, parameters = recent.order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # nobody counts or keeps what depends on them
        cursor.execute(
            f"INSERT INTO {Order._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM ({rows}) AS recent CROSS JOIN generate_series(%s::int, %s::int) AS k LIMIT %s",
            [*parameters, there, there + wanted // there, wanted - there],  # no number that an earlier run gave
        )
        cursor.execute("RESET session_replication_role")
    tidy()


def _streamed(server: Server, shop: SellerAccount) -> tuple[float, float, int, float]:
    """Megabytes after EARLY rows and at the end, the rows of the file, and the seconds it took."""
    path = f"/api/v1/accounts/{shop.key}/rows/{METRIC}?part={Side.AGAINST}&format=csv"
    server.ask(Asked(f"/api/v1/accounts/{shop.key}/readings"))  # what a server needs once
    server.forget_memory()
    began, rows, early = time.monotonic(), -1, 0.0  # the first line is the head
    for piece in server.pieces(Asked(path)):
        rows += piece.count(b"\r\n")
        if rows >= EARLY and not early:
            early = server.memory()
    return early, server.memory(), rows, time.monotonic() - began
