"""Everything an installation needs before its processes start; each step does nothing when it is already done."""

import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config import keys
from config.checks import serious_errors
from sellers.derivation import catch_up
from sellers.models import SellerAccount

FIRST_NAME = "admin"
# No signs that look alike: the first password is read from a terminal. 16 of 56 signs are 92 random bits.
READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
Say = Callable[[str], None]


class Login(NamedTuple):
    """A name and a password that open the dashboard."""

    name: str
    password: str


def prepare(say: Say, *, demo: bool = False, static: bool = True) -> Login | None:
    """Bring keys, schema, cache table, first administrator, static files and, if asked, sample data into being.

    Returns the generated first login while it still works, else None. Raises CommandError in one sentence.
    """
    ready_folder()
    ready_keys()
    refuse_bad_settings()
    migrate(say)
    catch_up(timezone.now(), say)
    login = first_login(say)
    if static:
        collect_static(say)
    if demo:
        load_demo(say)
    return login


def ready_folder() -> None:
    """Make the data folder, for the eyes of its owner alone."""
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"The data folder {settings.DATA_DIR} cannot be made: {error.strerror}.") from error
    if not os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        raise CommandError(f"The data folder {settings.DATA_DIR} cannot be written to; set DATA_DIR to another one.")


def ready_keys() -> None:
    """Make missing keys and use them from here on, without a second start."""
    keys.make_missing(settings.DATA_DIR)
    settings.SECRET_KEY = keys.secret_key(settings.DATA_DIR)
    settings.RAW_KEYS = keys.raw_keys(settings.DATA_DIR)
    settings.CONNECTION_KEYS = keys.connection_keys(settings.DATA_DIR)
    settings.IDENTITY_KEY = keys.identity_key(settings.DATA_DIR)


def refuse_bad_settings() -> None:
    errors = serious_errors()
    if errors:
        raise CommandError("\n".join(errors))


def migrate(say: Say) -> None:
    """Bring the schema and the table of the cache up to date."""
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
    if behind:
        say(f"Preparing the database ({len(behind)} steps) ...")
        call_command("migrate", interactive=False, verbosity=0)
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        call_command("createcachetable", verbosity=0)


def first_login(say: Say) -> Login | None:
    """The administrator that the very first start makes: stored hashed, and remembered until the password changes."""
    people = get_user_model().objects
    file = settings.DATA_DIR / "first_login"
    if not people.exists():
        login = Login(FIRST_NAME, "".join(secrets.choice(READABLE) for _ in range(16)))
        # The note first: a stop between the two lines leaves a password of nobody, replaced by the next start.
        keys.write_private(file, "\n".join(login))
        people.create_superuser(username=login.name, password=login.password)
        say(f"Made the first administrator, “{login.name}”.")
        return login
    if not file.exists():
        return None
    login = Login(*file.read_text().split())
    person = people.filter(username=login.name, is_active=True).first()
    if person is not None and person.check_password(login.password):
        return login
    file.unlink()
    return None


def collect_static(say: Say) -> None:
    """Hash and compress the static files unless they are the ones that were collected last time."""
    note = settings.STATIC_ROOT.with_name(settings.STATIC_ROOT.name + ".digest")
    now = _static_digest()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists() and note.exists() and note.read_text() == now:
        return
    say("Collecting static files ...")
    call_command("collectstatic", interactive=False, clear=settings.STATIC_ROOT.exists(), verbosity=0)
    note.write_text(now)


def load_demo(say: Say) -> None:
    """Load the sample accounts into an empty installation; what a killed start left half loaded is loaded again."""
    unfinished = settings.DATA_DIR / "demo_unfinished"
    if SellerAccount.objects.exists() and not unfinished.exists():
        return
    say("Loading the sample accounts; this happens once and takes a few minutes ...")
    unfinished.touch()
    # The command tells its progress itself; the same news as log lines would only hide it.
    log = logging.getLogger()
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        call_command("demo")
    finally:
        log.setLevel(level)
    unfinished.unlink()


def _static_digest() -> str:
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return seen.hexdigest()
