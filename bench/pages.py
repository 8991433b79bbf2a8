"""What do pages cost the server, beside a page that looks up one row?"""

from django.conf import settings
from django.db import connection
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.data import Size
from bench.records import NOW
from bench.results import Figure
from bench.serving import Asked, Cost, Server, serving
from bench.stage import Stage, tidy
from kpis.catalogue import DECLARED
from kpis.metrics import Side
from kpis.models import WeekReport
from kpis.weeks import close_weeks
from messaging.models import Message
from sellers.changes import Change, fold
from sellers.models import Membership, SellerAccount, User

COMMAND = "script/bench --only pages"
FLEET = Size("fleet", 500, messages=500, published=True)
FIGURES = 20
DEAREST = 8  # lists, of which the dearest is sought
FEW = 5  # accounts of a person whose pages cost as many queries as those of a person who sees all


def run(stage: Stage) -> list[Figure]:
    """The pages of the largest account, the list of 500 accounts, and how many queries each of them takes."""
    with stage.on("postgresql"):
        shop = largest()
        close_weeks(NOW, [shop])
        fold(timezone.now())  # as the beat does every minute; other experiments have left thousands of notes
        tidy(Change._meta.db_table)
        with serving(stage, stage.first, person("everything", is_staff=True)) as server:
            figures = _account(server, shop) + _rows(server, shop)
    with stage.on("postgresql", FLEET):
        with serving(stage, FLEET, person("everything", is_staff=True)) as server:
            figures += _fleet(server, SellerAccount.objects.order_by("pk")[0])
        return figures + _queries()


def largest() -> SellerAccount:
    """The account with the most messages."""
    with connection.cursor() as cursor:
        table = Message._meta.db_table
        cursor.execute(f"SELECT account_id FROM {table} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
        return SellerAccount.objects.get(pk=cursor.fetchone()[0])


def person(name: str, **rights: bool) -> User:
    return User.objects.update_or_create(username=name, defaults=rights)[0]


def _account(server: Server, shop: SellerAccount) -> list[Figure]:
    page = f"/accounts/{shop.key}/"
    answer, _size = server.ask(Asked(page))
    ways = {
        "yardstick": yardstick(shop),
        "page": [Asked(page, _browser(server))],
        "anew": [Asked(page)],
        "unchanged": [Asked(page, {"If-None-Match": answer.headers["ETag"]}, 304)],
        "readings": [Asked(f"/api/v1{page}readings")],
    }
    found = server.compare(ways)
    return [
        _ratio("account", "the account page, opened again while nothing has changed", found, "page", 3, 2),
        _ratio("account_anew", "the account page, made anew each time", found, "anew", 3, 2),
        _ratio("unchanged", "the account page, unchanged, of a browser that has it", found, "unchanged", 1.2, 1),
        _ratio("readings", f"readings of one account as JSON, {len(DECLARED)} metrics", found, "readings"),
    ]


def _rows(server: Server, shop: SellerAccount) -> list[Figure]:
    """The first page of the larger list behind each metric of the account, and the dearest of them."""
    ways = {
        f"{metric.slug}, {side}": [Asked(f"/api/v1/accounts/{shop.key}/rows/{metric.slug}?part={side}&limit=50")]
        for metric in DECLARED
        for side in (Side.FOR, Side.AGAINST)
    }
    found = server.compare({"yardstick": yardstick(shop), **ways}, rounds=1, seconds=0.1)
    ordered = sorted(ways, key=lambda way: found[way].cpu)
    # The dearest of many looks is mostly an unlucky one: those that may be it are looked at again, and longer.
    again = server.compare({"yardstick": yardstick(shop), **{way: ways[way] for way in ordered[-DEAREST:]}})
    what, dearest = "50 rows behind a figure as JSON", max(ordered[-DEAREST:], key=lambda way: again[way].cpu)
    return [
        _ratio("rows", f"{what}, the dearest list ({dearest})", again, dearest, 4),
        _ratio("rows_median", f"{what}, the median list", found, ordered[len(ordered) // 2], 4),
    ]


def _fleet(server: Server, shop: SellerAccount) -> list[Figure]:
    asked = ",".join(metric.slug for metric in DECLARED[:FIGURES])
    week = WeekReport.objects.order_by("-ends_on")[0].ends_on
    ways = {
        "yardstick": yardstick(shop),
        "page": [Asked("/", _browser(server))],
        "anew": [Asked("/")],
        "json": [Asked(f"/api/v1/weeks/{week}?limit={FLEET.accounts}&metrics={asked}")],
    }
    found = server.compare(ways)
    what = "the list of 500 accounts, its first 50 as a page"
    return [
        _ratio("fleet_json", f"a published week of 500 accounts, {FIGURES} figures each, as JSON", found, "json", 16),
        _ratio("fleet_page", f"{what}, opened again while nothing has changed", found, "page", 16),
        _ratio("fleet_page_anew", f"{what}, made anew each time", found, "anew", 16),
    ]


def _browser(server: Server) -> dict[str, str]:
    """The cookies of somebody who has been here before: pages are kept for them (sellers/unchanged.py)."""
    return {"Cookie": f"{server.cookie}; {settings.CSRF_COOKIE_NAME}={'b' * CSRF_SECRET_LENGTH}"}


def yardstick(shop: SellerAccount) -> list[Asked]:
    return [Asked(f"/one-row/{shop.key}")]


def _ratio(
    name: str, what: str, found: dict[str, Cost], way: str, target: float | None = None, stretch: float | None = None
) -> Figure:
    one, row = found[way], found["yardstick"]
    bound = (
        f"{one.cpu * 1000:.1f} ms of processors, of which {one.backend * 1000:.1f} in the database, against "
        f"{row.cpu * 1000:.1f}; {one.wall * 1000:.1f} ms on the wall against {row.wall * 1000:.1f}; "
        f"{one.size / 1000:.0f} kB"
    )
    return Figure(
        name=name, what=f"{what}, against one row", value=one.cpu / row.cpu, unit="times", target=target,
        stretch=stretch, bound=bound, command=COMMAND,
    )  # fmt: skip


def _queries() -> list[Figure]:
    """The queries that a page takes of somebody who sees a few accounts, and how many more of one who sees all."""
    accounts = list(SellerAccount.objects.order_by("pk"))
    pages = {"the list of accounts": "/", "the account page": f"/accounts/{accounts[0].key}/"}
    figures = []
    for name, path in pages.items():
        few, all_of_them = (_asked(count, accounts[:count], path) for count in (FEW, len(accounts)))
        figures.append(
            Figure(
                name=f"queries_{path}", what=f"more queries of {name} for {len(accounts)} accounts than for {FEW}",
                value=all_of_them - few, target=0, bound=f"{few} queries", command=COMMAND,
            )
        )  # fmt: skip
    return figures


def _asked(count: int, accounts: list[SellerAccount], path: str) -> int:
    user = person(f"sees-{count}")
    Membership.objects.bulk_create(
        [Membership(user=user, account=account) for account in accounts], ignore_conflicts=True
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)
