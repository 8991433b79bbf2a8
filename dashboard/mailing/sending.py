"""Sending reports: what is due becomes a delivery, and each delivery is sent by one worker, tried again when it fails.

A delivery is claimed for a while before it is sent. Whose worker died is sent by another one under the same message ID.
"""

import logging
import smtplib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from dashboard.mailing.letter import accounts_of, letter, message
from dashboard.mailing.schedule import newest_due, week_at
from dashboard.models import Delivery, Subscription
from kpis.weekly import awaited, calendar_weeks

log = logging.getLogger(__name__)

State, Reason = Delivery.State, Delivery.Reason
Report = Callable[[str], None]

# The last zone is 26 hours behind the first, and closing takes its time. Then the mail goes without what is missing.
PATIENCE = timedelta(hours=36)
LOOK_AGAIN = timedelta(minutes=5)
WAITS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))
ASKED_A_DAY = 10


@dataclass
class Sent:
    """How many deliveries of a run came to which end."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt; with `try_at` it is made again then."""

    state: str
    reason: str = ""
    code: int | None = None
    try_at: datetime | None = None
    accounts: int = 0
    counts: bool = True  # as an attempt


def send_reports(now: datetime, report: Report | None = None) -> Sent:
    """Note what has become due, and send what waits."""
    plan(now)
    done = Sent()
    for number in due_deliveries(now):
        outcome = deliver(number, now)
        if outcome is None:
            continue
        setattr(done, outcome.state, getattr(done, outcome.state) + 1)
        if report:
            report(f"delivery {number}: {outcome.state} {outcome.reason}".strip())
    return done


def plan(now: datetime) -> int:
    """Make a delivery of every subscription whose time has come; how many. Twice is once."""
    made = 0
    for one in Subscription.objects.filter(active=True, next_at__lte=now).order_by("next_at", "pk"):
        first = one.next_at
        if first is None:
            continue
        due = newest_due(one.weekday, one.hour, one.zone, first, now)
        with transaction.atomic():
            later = one.due_after(now)
            if Subscription.objects.filter(pk=one.pk, active=True, next_at=first).update(next_at=later):
                made += _note(one, due)
    return made


def _note(subscription: Subscription, due: datetime) -> bool:
    """A delivery of the week that was over by then; False where it has been noted, whatever its day was."""
    _delivery, new = Delivery.objects.get_or_create(
        subscription=subscription,
        week=week_at(due, subscription.zone),
        asked=False,
        defaults={"due_at": due, "try_at": due},
    )
    return new


def ask(subscription: Subscription, now: datetime) -> bool:
    """Have the newest report sent as soon as a worker looks; False when there is none, or too many were asked for."""
    weeks = calendar_weeks(accounts_of(subscription), now)
    asked = subscription.deliveries.filter(asked=True, due_at__gt=now - timedelta(days=1)).count()
    if not weeks or asked >= ASKED_A_DAY:
        return False
    try:
        with transaction.atomic():
            subscription.deliveries.create(week=weeks[0], asked=True, due_at=now, try_at=now)
    except IntegrityError:
        pass  # one waits already, which is what was asked for
    return True


def due_deliveries(now: datetime) -> list[int]:
    """The ids of the deliveries to be tried now, the oldest first."""
    return list(_free(now).order_by("try_at", "pk").values_list("pk", flat=True))


def _free(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        Q(state=State.WAITING, try_at__lte=now) | Q(state=State.SENDING, lease_until__lt=Now())
    )


def deliver(number: int, now: datetime) -> Outcome | None:
    """Try one delivery; None when it is not to be tried, or another worker does."""
    worker = uuid.uuid4().hex
    claimed = _free(now).filter(pk=number)
    if not claimed.update(
        state=State.SENDING, worker=worker, lease_until=Now() + Delivery.LEASE, attempts=F("attempts") + 1
    ):
        return None
    delivery = Delivery.objects.select_related("subscription__user").get(pk=number)
    try:
        outcome = _attempt(delivery, now)
    except (OperationalError, InterfaceError):
        log.warning("delivery %s waits: the database is busy or away", number)
        raise  # its lease ends by itself
    except Exception:
        log.exception("delivery %s could not be written", number)
        outcome = _again(delivery, Reason.INTERNAL, None, now)
    _keep(delivery, worker, outcome, now)
    log.info("delivery %s of subscription %s: %s %s", number, delivery.subscription_id, outcome.state, outcome.reason)
    return outcome


def _keep(delivery: Delivery, worker: str, outcome: Outcome, now: datetime) -> None:
    ends = outcome.state != State.WAITING
    Delivery.objects.filter(pk=delivery.pk, worker=worker).update(
        state=outcome.state,
        reason=outcome.reason,
        code=outcome.code,
        try_at=outcome.try_at or delivery.try_at,
        attempts=F("attempts") if outcome.counts else F("attempts") - 1,
        ended_at=now if ends else None,
        accounts=outcome.accounts,
        worker="",
        lease_until=None,
    )


def _attempt(delivery: Delivery, now: datetime) -> Outcome:
    subscription = delivery.subscription
    if delivery.attempts > Delivery.MOST_ATTEMPTS:
        return Outcome(State.FAILED, Reason.INTERNAL)  # its workers died
    if not subscription.active and not delivery.asked:
        return Outcome(State.SKIPPED, Reason.PAUSED)
    accounts = accounts_of(subscription)
    if not accounts:
        return Outcome(State.SKIPPED, Reason.NO_ACCOUNT)
    if not subscription.user.email:
        return Outcome(State.FAILED, Reason.NO_ADDRESS)
    if not delivery.asked and now < delivery.due_at + PATIENCE and awaited(accounts, delivery.week):
        return Outcome(State.WAITING, Reason.WEEKS_OPEN, try_at=now + LOOK_AGAIN, counts=False)
    ready = letter(subscription, accounts, delivery.week)
    if ready is None:
        return Outcome(State.SKIPPED, Reason.NO_REPORT)
    if subscription.skip_unchanged and not ready.is_changed and not delivery.asked:
        return Outcome(State.SKIPPED, Reason.UNCHANGED)
    try:
        message(subscription, delivery, ready).send()
    except (smtplib.SMTPException, OSError) as error:
        return _failure(delivery, error, now)
    return Outcome(State.SENT, accounts=ready.accounts)


def _failure(delivery: Delivery, error: Exception, now: datetime) -> Outcome:
    """Why it failed in our words, and whether another attempt may help. What the server wrote may name people."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((answer[0] for answer in error.recipients.values()), default=550)
        if code >= 500:
            return Outcome(State.FAILED, Reason.REFUSED, code)
        return _again(delivery, Reason.REFUSED, code, now)  # greylisted, or a mailbox that is full
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _again(delivery, Reason.LOGIN, error.smtp_code, now)
    if isinstance(error, smtplib.SMTPConnectError):
        return _again(delivery, Reason.UNREACHABLE, error.smtp_code, now)
    if isinstance(error, smtplib.SMTPResponseException):
        return _again(delivery, Reason.REJECTED, error.smtp_code, now)
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return _again(delivery, Reason.REJECTED, None, now)
    return _again(delivery, Reason.UNREACHABLE, None, now)


def _again(delivery: Delivery, reason: str, code: int | None, now: datetime) -> Outcome:
    """Another attempt after a longer wait each time, or the end of them."""
    if delivery.attempts >= Delivery.MOST_ATTEMPTS:
        return Outcome(State.FAILED, reason, code)
    return Outcome(State.WAITING, reason, code, try_at=now + WAITS[min(delivery.attempts, len(WAITS)) - 1])
