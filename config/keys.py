"""The secrets of an installation: from the environment, or from files that `manage.py up` makes once.

SECRET_KEY signs sessions and links. RAW_KEYS (newest first) seal raw items at rest: the first seals, every one opens.
CONNECTION_KEYS do the same with the passwords of connections. IDENTITY_KEY turns a buyer's address into a name that
tells nothing; with another key every buyer becomes a stranger. The source holds no default for any of them: an
installation without keys refuses to serve.
"""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from config import environment

SECRET_KEY_FILE = "secret_key"  # noqa: S105  # the name of a file
RAW_KEYS_FILE = "raw_keys"
CONNECTION_KEYS_FILE = "connection_keys"
IDENTITY_KEY_FILE = "identity_key"


def secret_key(data_dir: Path) -> str:
    """The signing key, or "" when there is none yet; Django then refuses the first use of it."""
    return environment.text("SECRET_KEY") or _read(data_dir / SECRET_KEY_FILE)


def raw_keys(data_dir: Path) -> list[str]:
    """The Fernet keys for raw items, newest first; empty when there are none yet."""
    return _fernet_keys("RAW_KEYS", data_dir / RAW_KEYS_FILE)


def connection_keys(data_dir: Path) -> list[str]:
    """The Fernet keys for the secrets of connections, newest first; empty when there are none yet."""
    return _fernet_keys("CONNECTION_KEYS", data_dir / CONNECTION_KEYS_FILE)


def identity_key(data_dir: Path) -> str:
    """The key of buyers' names, or "" when there is none yet."""
    return environment.text("IDENTITY_KEY") or _read(data_dir / IDENTITY_KEY_FILE)


def new_secret_key() -> str:
    """A fresh signing key with more than 300 random bits."""
    return secrets.token_urlsafe(50)


def new_raw_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()


def make_missing(data_dir: Path) -> None:
    """Write the key files that neither the environment nor the data folder has, readable by their owner alone."""
    if not secret_key(data_dir):
        write_private(data_dir / SECRET_KEY_FILE, new_secret_key())
    if not raw_keys(data_dir):
        write_private(data_dir / RAW_KEYS_FILE, new_raw_key())
    if not connection_keys(data_dir):
        write_private(data_dir / CONNECTION_KEYS_FILE, new_raw_key())
    if not identity_key(data_dir):
        write_private(data_dir / IDENTITY_KEY_FILE, new_secret_key())


def write_private(path: Path, text: str) -> None:
    """Create or replace `path` with mode 0600, whole or not at all: a half-written key would lock data away."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _fernet_keys(name: str, path: Path) -> list[str]:
    stated = environment.text(name) or _read(path)
    return [key for key in stated.replace(",", " ").split() if key]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
