"""Readers of environment variables that stop loudly, in one sentence, on a value they do not understand."""

import os
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}

# Web requests give up early so that one bad query cannot stop the house; background work may count for minutes.
# statement_timeout, lock_timeout, idle_in_transaction_session_timeout, in milliseconds.
POSTGRES_LIMITS = {"web": (15_000, 3_000, 30_000), "worker": (300_000, 60_000, 60_000)}
# A server that vanished without a word (power, network) is noticed within a minute instead of the kernel's two hours.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES: seconds, and milliseconds for the last.
POSTGRES_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def text(name: str, default: str = "") -> str:
    """The stripped value of a variable, or of the file that NAME_FILE names; an empty one counts as not set."""
    value, file = os.environ.get(name, "").strip(), os.environ.get(f"{name}_FILE", "").strip()
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; unset one of them.")
    if not file:
        return value or default
    try:
        return Path(file).read_text().strip() or default
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read ({error.strerror}).") from error


def words(name: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def flag(name: str) -> bool:
    """True or False, off when not set."""
    value = text(name, "false").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not “{value}”.")


def whole_number(name: str, default: int, *, low: int, high: int) -> int:
    """An integer from `low` to `high`, both included."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not “{value}”.")
    return int(value)


def web_address(name: str, default: str) -> SplitResult:
    """An http or https address with a host and no path."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    try:
        parts.port  # noqa: B018  # reading one that is no number is what raises
        well_formed = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        well_formed = False
    if not well_formed or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(f"{name} must look like https://kpi.example.com, not “{value}”.")
    return parts


def redis_url(name: str) -> str:
    """A Redis address, or "" when not set. One without a password gets REDIS_PASSWORD, which may stand in a file."""
    value = text(name)
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")
    password = text("REDIS_PASSWORD")
    if value and password and "@" not in value:
        return value.replace("://", f"://:{quote(password, safe='')}@", 1)
    return value


def database(name: str, default: str, *, process: str) -> dict[str, object]:
    """Django's description of the database at a URL, with the options that keep it whole under load.

    SQLite gets write-ahead logging and IMMEDIATE transactions (without them half of the concurrent writers fail),
    PostgreSQL checked connections and time limits by kind of process ("web" or "worker"). An address without a password
    gets DATABASE_PASSWORD, which may stand in a file.

    SQLite's temporary files stay files (they are made only when they outgrow the memory set aside for them): kept in
    memory, the pages that a savepoint would bring back are a list that each further row walks from its beginning.
    """
    url = text(name, default)
    scheme = url.split(":", 1)[0]
    try:
        if scheme not in environ.Env.DB_SCHEMES or environ.Env.DB_SCHEMES[scheme] not in ENGINES:
            raise ValueError(scheme)
        described: dict[str, object] = environ.Env.db_url_config(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} must be postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH."
        ) from error
    options = dict(described.get("OPTIONS") or {})  # type: ignore[call-overload]  # environ returns plain dicts
    if described["ENGINE"] == "django.db.backends.sqlite3":
        options = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; "
            "PRAGMA recursive_triggers=ON; PRAGMA journal_size_limit=67108864;",
        } | options
        return described | {"OPTIONS": options}
    described["PASSWORD"] = described.get("PASSWORD") or text("DATABASE_PASSWORD")
    statement, lock, idle = POSTGRES_LIMITS[process]
    limits = f"-c statement_timeout={statement} -c lock_timeout={lock} -c idle_in_transaction_session_timeout={idle} "
    # The operator's own `?options=` come last and win.
    options["options"] = limits + str(options.get("options", ""))
    for name, value in POSTGRES_LINE.items():
        options.setdefault(name, value)
    return described | {"OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def email(name: str) -> dict[str, object]:
    """Django's EMAIL_ settings for a URL such as smtp+tls://USER:PASSWORD@HOST:587."""
    url = text(name)
    if url.split(":", 1)[0] not in environ.Env.EMAIL_SCHEMES:
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://USER:PASSWORD@HOST:587.")
    described: dict[str, object] = environ.Env.email_url_config(url)
    return described
