"""Does every page of the largest account open beside two thousand others, and how long does the slowest take?"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import sync_playwright

from bench.pages import largest, person
from bench.records import NOW
from bench.results import Figure
from bench.serving import Asked, Server, serving
from bench.stage import Stage
from kpis.catalogue import DECLARED
from kpis.models import WeekReport
from kpis.weeks import close_weeks
from messaging.models import Agent, Conversation
from orders.models import Order
from sellers.models import SellerAccount

COMMAND = "script/bench --only opening"
OF_ALL = ("fleet", "queue", "queue_dismissed", "reports", "definitions", "imports", "connections", "system")
OF_ONE = (
    "account", "assessment", "topics", "agents", "notes", "weeks", "find", "first_replies", "corrections",
    "account_rejects",
)  # fmt: skip
PICTURED = {"fleet", "queue", "account", "assessment", "metric", "topics", "agents", "conversation", "order", "report"}
LIMIT_SECONDS = 5


def run(stage: Stage) -> list[Figure]:
    """Open each page once at the largest size, as somebody who sees every account, and keep pictures of some."""
    size = stage.sizes[-1]
    with stage.on("postgresql", size):
        shop = largest()
        close_weeks(NOW, [shop])
        pages = list(addresses(shop))
        with serving(stage, size, person("everything", is_staff=True, is_superuser=True)) as server:
            walls = {f"{name} {path}": seconds(server, path) for name, path in pages}
            pictures = pictured(server, dict(reversed(pages)), stage.folder / "pictures")
    slowest = sorted(walls, key=lambda one: -walls[one])
    told = ", ".join(f"{one} {walls[one]:.1f} s" for one in slowest[:5])
    return [
        Figure(
            name="opening_slowest", value=walls[slowest[0]], unit="s", target=LIMIT_SECONDS, command=COMMAND,
            what=f"The slowest of {len(pages)} pages of the largest of {size.accounts:,} accounts, opened once",
            bound=f"on the wall, nothing kept from before: {told}; {pictures} pictures in the folder",
        ),
        Figure(
            name="opening_median", value=walls[slowest[len(slowest) // 2]], unit="s", command=COMMAND,
            what="The middle one of these pages",
        ),
    ]  # fmt: skip


def addresses(shop: SellerAccount) -> Iterator[tuple[str, str]]:
    """Names of pages and where they are: of all accounts, of this one, of each of its metrics, of some of its rows."""
    week = WeekReport.objects.filter(account=shop).latest("ends_on").ends_on
    for name in OF_ALL:
        yield name, reverse(name)
    for name in OF_ONE:
        yield name, reverse(name, args=[shop.key])
    for metric in DECLARED:
        yield "metric", reverse("metric", args=[shop.key, metric.slug])
    yield "report", reverse("report", args=[week])
    yield "week", reverse("week", args=[shop.key, week])
    yield "agent", reverse("agent", args=[shop.key, Agent.objects.filter(account=shop)[0].pk])
    yield "order", reverse("order", args=[shop.key, Order.objects.filter(account=shop).latest("placed_at").pk])
    conversation = Conversation.objects.filter(account=shop).latest("opened_at")
    yield "conversation", reverse("conversation", args=[shop.key, conversation.pk])


def seconds(server: Server, path: str) -> float:
    """How long the page takes; it must be answered with 200."""
    began = time.monotonic()
    server.ask(Asked(path))
    return time.monotonic() - began


def pictured(server: Server, pages: dict[str, str], folder: Path) -> int:
    """Pictures of some pages as Chromium shows them; none where there is no Chromium."""
    program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if program is None:
        return 0
    folder.mkdir(exist_ok=True)
    name, _equals, value = server.cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=server.address)
        context.add_cookies([{"name": name, "value": value, "url": server.address}])
        page = context.new_page()
        for one in sorted(PICTURED & pages.keys()):
            page.goto(pages[one])
            page.screenshot(path=folder / f"{one}.png", full_page=True)
        browser.close()
    return len(PICTURED & pages.keys())
