"""Raw items: stored verbatim before anybody reads them, in pieces, so that a file of any size needs little memory."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import IO

from django.db import IntegrityError, transaction

from intake.codes import printable
from intake.models import RawChunk, RawItem, RawKind
from intake.vault import seal, unseal
from sellers.models import SellerAccount

PIECE = 1024 * 1024
ABANDONED = timedelta(days=1)  # an upload that broke off longer ago than this is cleared away


def store_bytes(
    account: SellerAccount, kind: RawKind, body: bytes, *, name: str, system: str = "", now: datetime
) -> RawItem:
    """Store something small inside the caller's transaction."""
    item = RawItem.objects.create(
        account=account,
        kind=kind,
        name=printable(name)[:255],
        system=system,
        media_type="application/json",
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        received_at=now,
        state=RawItem.State.STORED,
    )
    pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)]
    RawChunk.objects.bulk_create(
        RawChunk(item=item, position=position, sealed=seal(piece)) for position, piece in enumerate(pieces)
    )
    return item


def store_file(account: SellerAccount, name: str, stream: IO[bytes], *, media_type: str = "", now: datetime) -> RawItem:
    """Store a file of any size, piece by piece, each in its own transaction. The same bytes again are the same item.

    Until the last piece is in, the item says so and nobody reads it.
    """
    _forget_abandoned(now)
    item = RawItem.objects.create(
        account=account,
        kind=RawKind.FILE,
        name=printable(name)[:255],
        media_type=printable(media_type)[:120],
        received_at=now,
    )
    digest = hashlib.sha256()
    for position, piece in enumerate(iter(lambda: stream.read(PIECE), b"")):
        digest.update(piece)
        RawChunk.objects.create(item=item, position=position, sealed=seal(piece))
        item.size += len(piece)
    item.sha256 = digest.hexdigest()
    item.state = RawItem.State.STORED
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        item.delete()
        return RawItem.objects.get(
            account=account, kind=RawKind.FILE, sha256=digest.hexdigest(), state=RawItem.State.STORED
        )
    return item


def _forget_abandoned(now: datetime) -> None:
    RawItem.objects.filter(state=RawItem.State.RECEIVING, received_at__lt=now - ABANDONED).delete()


def open_item(item: RawItem) -> IO[bytes]:
    """The bytes of a raw item as a readable stream that can be rewound, unsealed piece by piece."""
    return io.BufferedReader(_Pieces(item.pk), buffer_size=PIECE)


class _Pieces(io.RawIOBase):
    def __init__(self, item_id: int) -> None:
        self.item_id = item_id
        self._rewind()

    def _rewind(self) -> None:
        self.position = 0
        self.offset = 0
        self.left = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Only to the beginning: nothing else is needed, and everything else would have to unseal what it skips."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("a raw item can only be rewound")
        self._rewind()
        return 0

    def tell(self) -> int:
        return self.offset

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than the base says
        if not self.left:
            chunk = RawChunk.objects.filter(item_id=self.item_id, position=self.position).only("sealed").first()
            if chunk is None:
                return 0
            self.left = unseal(bytes(chunk.sealed))
            self.position += 1
        count = min(len(buffer), len(self.left))
        buffer[:count] = self.left[:count]
        self.left = self.left[count:]
        self.offset += count
        return count
