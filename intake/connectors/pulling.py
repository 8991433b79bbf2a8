"""Pulling connections: each folder when its time has come, by one worker at a time, page by page.

A page of mails is kept as one raw item with its import, and the cursor moves in the same transaction: what was kept is
never asked for again, and what was not is asked for the next time.
"""

import hashlib
import io
import logging
import random
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from intake import imports
from intake.connectors.imap import Mail, Mailbox, Refused, Unreachable, mailbox
from intake.models import Connection, ImportRun, StreamState
from intake.secrets import opened
from intake.vault import Sealed
from sellers.models import SellerAccount

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
READ_AGAIN = timedelta(days=14)  # before the last success, when UIDs no longer mean what they meant
SOURCE = "email"


class LeaseLost(Exception):
    """Another worker has the folder; this one must stop without a trace."""


def pull_due(*, now: datetime, connection: int | None = None) -> int:
    """Pull every folder whose time has come; returns how many were pulled."""
    due = _free().filter(next_run_at__lte=now)
    if connection is not None:
        due = _free().filter(connection=connection)
    return sum(pull(number, now=now) for number in due.order_by("next_run_at", "pk").values_list("pk", flat=True))


def pull(number: int, *, now: datetime) -> bool:
    """Pull one folder; False if it is not to be pulled, or another worker does."""
    worker = uuid.uuid4().hex
    if not _free().filter(pk=number).update(worker=worker, lease_until=Now() + LEASE):
        return False
    stream = StreamState.objects.select_related("connection__account").get(pk=number)
    connection = stream.connection
    try:
        with mailbox(connection.host, connection.port, connection.user, opened(connection)) as box:
            mails = _read(box, stream, worker, now)
    except LeaseLost:
        log.warning("stream %s was taken over by another worker", number)
        return False
    except Unreachable as error:
        _failed(stream, worker, now, "unreachable", str(error))
    except (Refused, Sealed) as error:
        code = error.code if isinstance(error, Refused) else "sealed"
        _failed(stream, worker, now, code, str(error))
        Connection.objects.filter(pk=connection.pk, state=Connection.State.ACTIVE).update(
            state=Connection.State.NEEDS_ATTENTION
        )
    except (OperationalError, InterfaceError) as error:
        log.warning("stream %s waits: the database is busy or away (%s)", number, error)
        return False  # its lease ends by itself
    except Exception:
        log.exception("stream %s could not be read", number)
        _failed(stream, worker, now, "internal", "")
    else:
        _own(number, worker).update(
            worker="",
            lease_until=None,
            next_run_at=now + EVERY,
            last_success_at=now,
            failures=0,
            error_code="",
            error="",
        )
        log.info("stream %s of account %s: %s mails", number, connection.account.key, mails)
    return True


def run_now(connection: Connection, now: datetime) -> None:
    """Have every folder of a connection pulled next, also after a failure."""
    connection.streams.update(next_run_at=now, failures=0)
    state = Connection.State
    Connection.objects.filter(pk=connection.pk, state=state.NEEDS_ATTENTION).update(state=state.ACTIVE)


def _free() -> QuerySet[StreamState]:
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    return StreamState.objects.filter(free, connection__state=Connection.State.ACTIVE)


def _own(number: int, worker: str) -> QuerySet[StreamState]:
    return StreamState.objects.filter(pk=number, worker=worker)


def _read(box: Mailbox, stream: StreamState, worker: str, now: datetime) -> int:
    validity = box.open(stream.stream)
    last, known = stream.cursor.get("last_uid"), stream.cursor.get("uidvalidity")
    if last is None:
        uids = box.uids(since=stream.connection.since)
    elif known != validity:
        uids = box.uids(since=_again_from(stream))
    else:
        uids = box.uids(after=last)
    mails = 0
    for page in filter(None, box.pages(uids)):  # mails may be gone, or empty, by the time they are asked for
        _keep(stream, worker, page, validity, now)
        mails += len(page)
    if not uids and known != validity:
        _move(stream, worker, {"uidvalidity": validity, "last_uid": 0})
    return mails


def _again_from(stream: StreamState) -> date:
    """From which day on mails are read again when their UIDs lost their meaning: what came before was kept for sure."""
    first, read = stream.connection.since, stream.last_success_at
    return first if read is None else max(first, (read - READ_AGAIN).date())


def _keep(stream: StreamState, worker: str, page: Sequence[Mail], validity: int, now: datetime) -> None:
    """Keep a page and its import, and move the cursor, together."""
    content = mbox(page)
    account, person = stream.connection.account, stream.connection.created_by
    nobody = SellerAccount.objects.none()
    within = nobody if person is None else SellerAccount.objects.writable_by(person)
    with transaction.atomic():
        name = f"{stream.connection.name}: {stream.stream}"
        run = imports.store(
            account, name, io.BytesIO(content), format=SOURCE, media_type="application/mbox", within=within, now=now
        )
        ImportRun.objects.filter(pk=run.pk).update(connection=stream.connection)
        _move(stream, worker, {"uidvalidity": validity, "last_uid": page[-1].uid})
        newest = max(mail.arrived_at for mail in page)
        _own(stream.pk, worker).filter(Q(newest_at=None) | Q(newest_at__lt=newest)).update(newest_at=newest)
    digest = hashlib.sha256(content).hexdigest()[:12]
    log.info("stream %s: %s mails kept as import %s (%s)", stream.pk, len(page), run.pk, digest)


def _move(stream: StreamState, worker: str, cursor: dict[str, int]) -> None:
    if not _own(stream.pk, worker).update(cursor=cursor, lease_until=Now() + LEASE):
        raise LeaseLost


def mbox(mails: Sequence[Mail]) -> bytes:
    """Mails as one mbox file (mboxrd): each behind a line with the server's time; lines like it are quoted."""
    out = io.BytesIO()
    for mail in mails:
        out.write(f"From - {mail.arrived_at:%a %b %d %H:%M:%S %Y}\n".encode())
        for line in mail.content.replace(b"\r\n", b"\n").split(b"\n"):
            out.write(b">" + line + b"\n" if line.lstrip(b">").startswith(b"From ") else line + b"\n")
        out.write(b"\n")
    return out.getvalue()


def _failed(stream: StreamState, worker: str, now: datetime, code: str, message: str) -> None:
    wait = min(FIRST_WAIT * 2 ** min(stream.failures, 12), LONGEST_WAIT)
    wait *= random.uniform(0.75, 1.25)  # noqa: S311  # so that many connections do not come back at once
    _own(stream.pk, worker).update(
        worker="", lease_until=None, next_run_at=now + wait, failures=F("failures") + 1, error_code=code,
        error=message[:300],
    )  # fmt: skip
    log.warning("stream %s failed: %s", stream.pk, code)
