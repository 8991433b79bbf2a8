"""Sealing raw items at rest: compressed, then encrypted with the newest of RAW_KEYS; every one of them opens."""

import base64
import zlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from intake.sentences import Sentence


class Sealed(Exception):
    """None of the present keys opens what was sealed."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _keys() -> MultiFernet:
    if not settings.RAW_KEYS:
        raise ImproperlyConfigured("RAW_KEYS is empty: raw items cannot be sealed. `manage.py up` makes a key.")
    return MultiFernet([Fernet(key) for key in settings.RAW_KEYS])


def seal(piece: bytes) -> bytes:
    """The piece compressed and encrypted; kept as bytes, a quarter smaller than Fernet's own base64 text."""
    return base64.urlsafe_b64decode(_keys().encrypt(zlib.compress(piece, 6)))


def unseal(sealed: bytes) -> bytes:
    """What `seal` was given. Raises Sealed when no present key opens it."""
    try:
        return zlib.decompress(_keys().decrypt(base64.urlsafe_b64encode(sealed)))
    except InvalidToken:
        raise Sealed(Sentence("none of RAW_KEYS opens this raw item; was a key removed too early?")) from None
