"""The passwords of connections: sealed with the newest of CONNECTION_KEYS, opened by every one of them."""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from intake.models import Connection
from intake.sentences import Sentence
from intake.vault import Sealed

HINT = 4  # characters at the end of a secret that are shown, of one that is much longer


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CONNECTION_KEYS])


def keep(connection: Connection, secret: Mapping[str, str]) -> None:
    """Put a secret into a connection, unsaved, with a hint that tells it from another one."""
    connection.secret = _keys().encrypt(json.dumps(dict(secret)).encode())
    shown = secret.get("password") or secret.get("token") or ""
    connection.secret_hint = shown[-HINT:] if len(shown) >= 3 * HINT else ""


def opened(connection: Connection) -> dict[str, str]:
    """The secret of a connection. Raises Sealed when no present key opens it."""
    try:
        return dict(json.loads(_keys().decrypt(bytes(connection.secret))))
    except InvalidToken:
        raise Sealed(Sentence("none of CONNECTION_KEYS opens this secret; was a key removed too early?")) from None


def seal_anew() -> tuple[int, list[Connection]]:
    """Seal every secret with the newest key; returns how many, and the connections whose secret nothing opens."""
    done, lost = 0, []
    for connection in Connection.objects.all():
        try:
            connection.secret = _keys().rotate(bytes(connection.secret))
        except InvalidToken:
            lost.append(connection)
            continue
        Connection.objects.filter(pk=connection.pk).update(secret=connection.secret)
        done += 1
    return done, lost
