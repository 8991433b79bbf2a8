"""Small running shops for the screens: three accounts, frozen on Tuesday 20 January 2026."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page

from dashboard.models import SavedView
from kpis.sweep import sweep
from kpis.weeks import close_weeks
from messaging.models import Agent
from sellers.models import User
from tests.makers import NOW, make_account, make_answers, make_conversation, make_note, make_order, make_user

SCREENSHOTS = Path(__file__).resolve().parent.parent.parent / "screenshots"
LAST_WEEK = date(2026, 1, 17)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def manager(transactional_db: None) -> User:
    """Somebody with a red, a yellow and a thin account that are a few weeks old."""
    return shops(weeks=4)


@pytest.fixture
def old_hand(transactional_db: None) -> User:
    """The same with twenty weeks to look back on."""
    return shops(weeks=20)


def shops(weeks: int) -> User:
    falling = make_account("falling", name="Lumora Home")
    steady = make_account("steady", name="拾光文具 Shiguang", marketplace="DE", time_zone="Europe/Berlin")
    thin = make_account("thin", name="Petalkind", platform="shopify", marketplace="")
    for week in range(weeks):
        day = LAST_WEEK - timedelta(weeks=week)
        make_answers(falling, 6 + min(week, 8), 8 - min(week, 6), last=f"{day} 20:00")
        make_answers(steady, 9, 3, last=f"{day} 20:00")
        make_answers(thin, 12 if week > 5 else 2, 1, last=f"{day} 20:00")
        for account in (falling, steady, thin):
            busy_day(account, day, late=account is falling)
    make_note(falling, "2025-12-30", title="New reply templates", people="Chen Yu", text="Shorter.", pk=1)
    make_note(falling, "2026-01-05", ends_on=date(2026, 1, 14), title="Carrier strike", kind="event", pk=2)
    make_conversation(falling, ("buyer", "2026-01-18 10:00"))
    make_conversation(steady, ("buyer", "2026-01-20 10:00"))
    sweep(NOW)
    close_weeks(NOW)
    mei = make_user("mei", falling, steady, thin)
    Agent.objects.filter(account=falling).update(user=mei)
    SavedView.objects.create(user=mei, name="Amazon 店鋪", query="platform=amazon")
    SavedView.objects.create(user=make_user("kim"), name="Shopify", query="platform=shopify", shared=True)
    return mei


def busy_day(account, day, *, late):
    make_conversation(account, ("buyer", f"{day} 08:00"), ("agent", f"{day} 12:30"), topic="Refund")
    answered = f"{day + timedelta(days=2 if late else 0)} 15:00"
    make_conversation(account, ("buyer", f"{day} 09:00"), ("agent", answered), topic="Where is my order")
    make_order(account, f"{day} 10:00", ship_by=f"{day} 20:00", confirmed=f"{day} 18:00")
    if late:
        make_order(account, f"{day} 11:00", ship_by=f"{day} 20:00", confirmed=f"{day + timedelta(days=3)} 09:00")


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keeps a picture of a page in screenshots/, for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take
