"""What could not be done: days that cannot be counted, and work on a whole account that does not come to its end."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sellers.models import SellerAccount


class Failure(models.Model):
    """Attempts that did not come to their end. Each is counted before it begins, so that no process dies in silence.

    `failed_at` is when the newest attempt began. `error` says what it raised; empty, while it runs and for ever when
    its process was ended: killed, out of memory, or past the time limit of tasks.
    """

    ATTEMPTS = 3  # then it is set aside
    REST = timedelta(seconds=15)  # after a process died over it, so that one account cannot keep a worker from starting

    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    failed_at = models.DateTimeField(_("failed at"))

    class Meta:
        abstract = True


class DayFailure(Failure):
    """A day whose counting failed. After three attempts it is set aside with its error, so it stops nobody else."""

    DEADLY = timedelta(minutes=10)  # how long after a death not even a new write makes a set-aside day be tried again

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("day that cannot be counted")
        verbose_name_plural = _("days that cannot be counted")
        constraints = [models.UniqueConstraint(fields=["account", "fact", "day"], name="day_failure_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.fact} {self.day}: {self.error}"

    @classmethod
    def set_aside(cls) -> models.QuerySet["DayFailure"]:
        return cls.objects.filter(attempts__gte=cls.ATTEMPTS)


class AccountFailure(Failure):
    """Work on a whole account that did not come to its end, so that other accounts go before it."""

    class Work(models.TextChoices):
        COUNTING = "counting", _("Counting many days at once")
        REPLIES = "replies", _("Passed deadlines of replies")
        ORDERS = "orders", _("Passed deadlines of orders")
        CLOSING = "closing", _("Publishing weeks")
        PROVING = "proving", _("The nightly proof")

    PAUSE = timedelta(
        hours=1
    )  # how often what is set aside is tried again: passing time may have changed what it meets

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    work = models.CharField(_("work"), max_length=12, choices=Work.choices)

    class Meta:
        verbose_name = _("work that does not end")
        verbose_name_plural = _("work that does not end")
        constraints = [models.UniqueConstraint(fields=["account", "work"], name="account_failure_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.work}: {self.error}"

    @classmethod
    def set_aside(cls) -> models.QuerySet["AccountFailure"]:
        """Counting is never set aside: after a failure it goes day by day, and days are."""
        return cls.objects.filter(attempts__gte=cls.ATTEMPTS).exclude(work=cls.Work.COUNTING)

    @classmethod
    def waits(cls, work: str) -> models.QuerySet["AccountFailure"]:
        """Those that are not to be tried now: set aside less than an hour ago, or a process just died over them."""
        lately = Q(attempts__gte=cls.ATTEMPTS, failed_at__gt=Now() - cls.PAUSE)
        dead = Q(error="", failed_at__gt=Now() - cls.REST)
        return cls.objects.filter(lately | dead, work=work)
