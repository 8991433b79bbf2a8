"""Misconfiguration found before anything runs, each with what to do about it."""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

Apps = Sequence[AppConfig] | None

IDENTITY_KEY_CHARACTERS = 32
METRICS_TOKEN_CHARACTERS = 24
OLDEST_POSTGRESQL = 15

# Commands that read and write code, the schema or public files. They touch no secret, so they also work without one;
# if such a command should ever use a key after all, Django or Fernet refuses the empty one.
KEYLESS = {
    "check",
    "collectstatic",
    "compilemessages",
    "createcachetable",
    "describe_contract",
    "makemessages",
    "makemigrations",
    "metrics_page",
    "migrate",
    "showmigrations",
    "spectacular",
    "sqlmigrate",
}


@register(Tags.security)
def keys_are_present(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Without a signing key nobody can be told apart, without a raw key nothing may be stored, and without a key for
    buyers' names they would have to be kept as they came."""
    if sys.argv[1:2] and sys.argv[1] in KEYLESS and "--deploy" not in sys.argv:
        return []
    found: list[CheckMessage] = []
    try:
        settings.SECRET_KEY  # noqa: B018  # reading an empty one is what raises
    except ImproperlyConfigured:
        found.append(
            Error(
                "There is no SECRET_KEY.",
                hint="Set it in the environment, or run `manage.py up` or `manage.py prepare` once: they make "
                f"{settings.DATA_DIR / 'secret_key'}.",
                id="config.E001",
            )
        )
    if not settings.RAW_KEYS:
        found.append(
            Error(
                "There is no key to seal raw items with.",
                hint="Set RAW_KEYS in the environment, or run `manage.py up` or `manage.py prepare` once: they make "
                f"{settings.DATA_DIR / 'raw_keys'}.",
                id="config.E002",
            )
        )
    if not settings.CONNECTION_KEYS:
        found.append(
            Error(
                "There is no key to seal the secrets of connections with.",
                hint="Set CONNECTION_KEYS in the environment, or run `manage.py up` or `manage.py prepare` once: they "
                f"make {settings.DATA_DIR / 'connection_keys'}.",
                id="config.E011",
            )
        )
    if len(settings.IDENTITY_KEY) < IDENTITY_KEY_CHARACTERS:
        found.append(
            Error(
                "There is no IDENTITY_KEY, or one that is too short.",
                hint=f"Set at least {IDENTITY_KEY_CHARACTERS} random characters in the environment, or run `manage.py "
                f"up` or `manage.py prepare` once: they make {settings.DATA_DIR / 'identity_key'}.",
                id="config.E010",
            )
        )
    return found


@register(Tags.security)
def raw_keys_are_valid(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """A mistyped key would otherwise show itself only when the first raw item is stored or read."""
    found: list[CheckMessage] = []
    stated = {"RAW_KEYS": settings.RAW_KEYS, "CONNECTION_KEYS": settings.CONNECTION_KEYS}
    for name, position, key in ((name, at, key) for name, keys in stated.items() for at, key in enumerate(keys, 1)):
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    f"Key {position} of {name} is not a Fernet key.",
                    hint="Each is 44 characters of URL-safe base64, newest first, separated by commas.",
                    id="config.E003",
                )
            )
    return found


@register()
def data_dir_is_writable(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Keys, the default database, static files and waiting mail live there."""
    nearest: Path = settings.DATA_DIR
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The data folder {settings.DATA_DIR} cannot be written to.",
            hint="Set DATA_DIR to a folder that belongs to the user who runs Staygreen.",
            id="config.E004",
        )
    ]


@register()
def room_for_uploads(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Uploaded files stream to the temporary directory of the system."""
    if os.access(tempfile.gettempdir(), os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The temporary directory {tempfile.gettempdir()} cannot be written to, so no file can be uploaded.",
            hint="Set TMPDIR to a folder with room for the largest file you import.",
            id="config.E005",
        )
    ]


@register()
def database_fits_the_workers(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Redis means workers on several machines, and SQLite is a file of one machine."""
    sqlite = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    if not (sqlite and settings.REDIS_URL):
        return []
    return [
        Warning(
            "REDIS_URL is set but the database is SQLite, which several workers cannot share well.",
            hint="Set DATABASE_URL to a PostgreSQL database, or unset REDIS_URL to use the embedded worker.",
            id="config.W001",
        )
    ]


@register()
def replica_is_one(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Only PostgreSQL has replicas."""
    engines = {described["ENGINE"] for described in settings.DATABASES.values()}
    if "replica" not in settings.DATABASES or engines == {"django.db.backends.postgresql"}:
        return []
    return [
        Error(
            "DATABASE_REPLICA_URL is set, but it and DATABASE_URL are not both PostgreSQL.",
            hint="Set both to postgres:// addresses, or unset DATABASE_REPLICA_URL.",
            id="config.E013",
        )
    ]


@register(Tags.database)
def postgresql_is_new_enough(
    app_configs: Apps, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Day totals are kept by MERGE, which came with PostgreSQL 15; `migrate` asks."""
    servers = [connections[alias] for alias in databases or ()]
    return [
        Error(
            f"The database {server.alias} is a PostgreSQL before {OLDEST_POSTGRESQL}.",
            hint=f"Move it to PostgreSQL {OLDEST_POSTGRESQL} or newer (a dump, restored there).",
            id="config.E014",
        )
        for server in servers
        if server.vendor == "postgresql" and server.pg_version < OLDEST_POSTGRESQL * 10_000  # type: ignore[attr-defined]  # its own
    ]


@register(Tags.security)
def proxy_is_named(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """The web server speaks plain http; only a proxy that it believes can tell it that the browser used https."""
    if not settings.HTTPS or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "PUBLIC_URL is https but TRUSTED_PROXIES is 0, so every page would redirect to itself.",
            hint="Set TRUSTED_PROXIES to the number of proxies of yours that stand in front, usually 1.",
            id="config.W002",
        )
    ]


@register(Tags.security)
def open_to_the_network(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows settings and source to whoever causes an error."""
    if not settings.DEBUG or settings.BIND in {"127.0.0.1", "localhost", "::1"}:
        return []
    return [
        Error(
            f"DEBUG is on while the server listens on {settings.BIND}.",
            hint="Unset DEBUG, or BIND to 127.0.0.1.",
            id="config.E006",
        )
    ]


@register(Tags.security)
def metrics_token_is_long(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Guesses are not limited there, so the token itself must withstand them."""
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= METRICS_TOKEN_CHARACTERS:
        return []
    return [
        Error(
            f"METRICS_TOKEN has fewer than {METRICS_TOKEN_CHARACTERS} characters.",
            hint="Make one with `openssl rand -hex 24`, or unset it to let only this machine read /metrics.",
            id="config.E012",
        )
    ]


def serious_errors() -> list[str]:
    """Every error of every check as one sentence with its hint, for processes that start without a command."""
    return [f"{message.msg} {message.hint or ''}".strip() for message in run_checks() if message.is_serious()]
