"""What every test starts from: random keys, quick hashing, a database file of its own, and a fixed moment."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from config import keys
from tests.append_only import let_tests_empty_the_audit_log

# pytest-django reads the settings before this file, and sets Django up after it.
settings.SECRET_KEY = keys.new_secret_key()
settings.RAW_KEYS = [keys.new_raw_key()]
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


def pytest_unconfigure() -> None:
    shutil.rmtree(_scratch, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that only PostgreSQL can pass are left out on SQLite; `script/test` runs the suite on both."""
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def now() -> datetime:
    """The moment that the makers take for the present."""
    from tests.makers import NOW  # imports models, which are loaded by the time a fixture runs

    return NOW
