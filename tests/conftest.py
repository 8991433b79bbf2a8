"""What every test starts from: random keys, quick hashing, a database file of its own, and a fixed moment."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.utils import translation

from config import keys

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from tests.append_only import let_tests_empty_the_audit_log

# pytest-django reads the settings before this file, and sets Django up after it.
settings.SECRET_KEY = keys.new_secret_key()
settings.RAW_KEYS = [keys.new_raw_key()]
settings.CONNECTION_KEYS = [keys.new_raw_key()]
settings.IDENTITY_KEY = keys.new_secret_key()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_scratch = Path(tempfile.mkdtemp(prefix="staygreen-tests-"))
settings.DATA_DIR = _scratch
# What an earlier `up` collected may be older than the templates.
settings.STATIC_ROOT = _scratch / "static"
settings.STATIC_ROOT.mkdir()
settings.WHITENOISE_USE_FINDERS = True
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the product: tests with several threads meet its locks, not those of a shared memory database.
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(_scratch / "test.sqlite3")

let_tests_empty_the_audit_log()

LONGEST_NAMED_VALUE = 80


def pytest_addoption(parser: pytest.Parser) -> None:
    """What script/pictures asks of the browser test of every page."""
    parser.addoption("--pages", default="", metavar="NAME,...", help="the test of every page looks at these alone")
    parser.addoption("--every-account", action="store_true", help="... with all sample accounts instead of three")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long values are named after their argument: an archive made at collection holds the time of day, and
    pytest-xdist refuses workers whose tests have different names."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAMED_VALUE else None


def pytest_unconfigure() -> None:
    shutil.rmtree(_scratch, ignore_errors=True)


@pytest.hookimpl(trylast=True)  # after the plugin has put each group's name into the IDs of its tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the other database can run; `script/test` runs the suite on both."""
    for item in items:
        if config.getoption("loadgroup", False) and item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError("pytest-xdist ignores xdist_group; tests of one group would disturb one another")
    sqlite = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    left_out = [item for item in items if item.get_closest_marker("postgres" if sqlite else "embedded")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def no_language_left_behind() -> Iterator[None]:
    """A page asked for in Chinese leaves its language with the thread; the next test starts in English again."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def nobody_has_asked_yet() -> None:
    """What is counted in memory is not rolled back; callers of other tests may have had the same number."""
    caches["pages"].clear()
    if settings.CACHES["rates"]["BACKEND"].endswith("LocMemCache"):
        caches["rates"].clear()


@pytest.fixture
def now() -> datetime:
    """The moment that the makers take for the present."""
    from tests.makers import NOW  # imports models, which are loaded by the time a fixture runs

    return NOW


@pytest.fixture
def frozen(now: datetime) -> Iterator[None]:
    """The clock stands still at that moment."""
    with time_machine.travel(now, tick=False):
        yield


# --- Browser -------------------------------------------------------------------------------------------------------

# Debian's Chromium asks its maker's servers for news unless told not to; a closed network answers none of it.
CHROMIUM_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """The system's Chromium, started once."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if program is None:
        pytest.fail("Chromium is not installed; type: sudo apt-get install chromium")
    # Playwright keeps an event loop in this thread, which Django takes for a reason to forbid the database, and to open
    # new connections: those of earlier tests would stay open behind them.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    connections.close_all()
    # Chromium's sandbox does not work as root, which containers and CI usually are.
    flags = CHROMIUM_FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: "Browser", live_server: Any) -> "Iterator[Callable[..., Page]]":
    """Opens pages of the live server as a person of their own: `new_page(user, width=390, dark=True, locale="zh-CN")`.

    At the end the test fails on any error in the browser's console: scripts that broke, files that are missing, and
    everything that the content policy refused.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(user: Any = None, *, width: int = 1440, dark: bool = False, locale: str = "en-US") -> "Page":
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale=locale,
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([{**session_cookie(user), "url": live_server.url}])  # type: ignore[list-item]
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on("console", lambda message: errors.append(told(page, message)) if message.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: "Callable[..., Page]") -> "Page":
    """One page of a visitor who is not signed in, on a desk-sized screen."""
    return new_page()


def told(page: "Page", message: "ConsoleMessage") -> str:
    """A console message with the page it came up on and the file it is about."""
    return f"{page.url}: {message.text} ({message.location.get('url', '')})"


def session_cookie(user: Any) -> dict[str, str]:
    """The cookie of a fresh session of this person."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture
def console(client: "Client") -> "Client":
    """A browser in which an administrator, Ada, is signed in."""
    from tests.makers import make_user

    client.force_login(make_user("ada", is_staff=True, is_superuser=True))
    return client
