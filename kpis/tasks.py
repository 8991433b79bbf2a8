"""The beat's tasks: each fetches the clock, calls one function that a command calls too, and is safe late and twice."""

from datetime import timedelta

from celery import Task, shared_task
from django.utils import timezone

from kpis import freshness
from kpis.proof import due_accounts as unproved_accounts
from kpis.proof import prove_if_due
from kpis.sweep import sweep as sweep_accounts
from kpis.sweep import waiting_accounts
from kpis.weeks import close_weeks as close_weeks_of
from kpis.weeks import due_accounts
from sellers.changes import fold
from sellers.models import SellerAccount

CHUNK = 10  # accounts a task: long enough that the broker's share is small, short enough to retry
PROOFS = 20  # accounts a tick: all nights of a zone begin at once, and counting must not queue behind them


@shared_task
def sweep(**_ignored: object) -> None:
    """Find the accounts with work to do and hand them out in chunks."""
    ids = sorted(waiting_accounts(timezone.now()))
    for start in range(0, len(ids), CHUNK):
        sweep_chunk.delay(account_ids=ids[start : start + CHUNK])


@shared_task(bind=True)
def sweep_chunk(self: Task, *, account_ids: list[int], **_ignored: object) -> None:
    """Sweep these accounts; one that another worker is counting is left to it."""
    swept = sweep_accounts(timezone.now(), SellerAccount.objects.filter(id__in=account_ids))
    freshness.note_counted(self.request.hostname or freshness.WORKER, swept.days)


@shared_task
def close_weeks(**_ignored: object) -> None:
    """Find the accounts whose weeks are over or have changed, and hand them out in chunks."""
    ids = sorted(due_accounts(timezone.now()))
    for start in range(0, len(ids), CHUNK):
        close_chunk.delay(account_ids=ids[start : start + CHUNK])


@shared_task
def close_chunk(*, account_ids: list[int], **_ignored: object) -> None:
    """Publish what is due in these accounts."""
    close_weeks_of(timezone.now(), SellerAccount.objects.filter(id__in=account_ids))


@shared_task
def prove(**_ignored: object) -> None:
    """Hand out some of the accounts whose night has begun without a proof; the next tick hands out the next ones."""
    for account_id in unproved_accounts(timezone.now())[:PROOFS]:
        prove_account.delay(account_id=account_id)


@shared_task
def prove_account(*, account_id: int, **_ignored: object) -> None:
    """Prove this account, unless its night is done or another worker is at it."""
    for account in SellerAccount.objects.filter(id=account_id):
        prove_if_due(account, timezone.now())


@shared_task
def heartbeat(**_ignored: object) -> None:
    """Say that a worker and the beat are alive, and add up the notes of older changes."""
    now = timezone.now()
    freshness.beat(now)
    fold(now - timedelta(minutes=1))
