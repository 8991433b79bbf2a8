"""What counting leaves behind: sums of days, published weeks, proofs, heartbeats; with what could not be done."""

from datetime import date, timedelta
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpis.failures import AccountFailure, DayFailure
from sellers.models import SellerAccount

__all__ = [
    "AccountFailure", "AwaitedData", "CountedSpan", "DayFailure", "DayTotal", "Heartbeat", "ProofDifference",
    "ProofRun", "RecountedDay", "RuleChange", "WeekReading", "WeekReport",
]  # fmt: skip


class DayTotal(models.Model):
    """The sums of one account, fact and local day, overwritten whole; a counted day without rows is stored too.

    `sums` is a list in the order of the fact's parts; `recipe` names the declaration it was counted by, and
    `counted_at` says since when it has been counted so.
    """

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))
    sums = models.JSONField(_("sums"))
    recipe = models.CharField(_("recipe"), max_length=16)
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("day total")
        verbose_name_plural = _("day totals")
        constraints = [models.UniqueConstraint(fields=["account", "fact", "day"], name="day_total_once")]
        indexes = [
            models.Index(fields=["fact", "recipe"], name="day_total_recipe")
        ]  # finds stale days after an upgrade

    def __str__(self) -> str:
        return f"{self.account_id} {self.fact} {self.day}"


class CountedSpan(models.Model):
    """From which to which day an account is counted, and when it last was: without going through its day totals."""

    account = models.OneToOneField(
        SellerAccount, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("account")
    )
    first_day = models.DateField(_("first day"))
    newest_day = models.DateField(_("newest day"))
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("counted span")
        verbose_name_plural = _("counted spans")

    def __str__(self) -> str:
        return f"{self.account_id} {self.first_day} {self.newest_day}"


class WeekReport(models.Model):
    """The published figures of a week that is over. Append-only: a later change adds a revision with its reason."""

    class Reason(models.TextChoices):
        CLOSED = "closed", _("The week was over")
        RIPENED = "ripened", _("What was still open when the week ended is decided")
        DEFINITION = "definition", _("A metric is declared in another way since")
        RULE = "rule", _("A rule was changed for this week")
        CORRECTION = "correction", _("A person corrected data")
        LATE_DATA = "late_data", _("Data came or changed after the week was published")

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, related_name="week_reports", db_index=False, verbose_name=_("account")
    )
    ends_on = models.DateField(_("last day of the week"))
    revision = models.PositiveSmallIntegerField(_("revision"), default=0)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    published_at = models.DateTimeField(_("published at"))
    recipe = models.CharField(_("recipe"), max_length=16, editable=False)
    # The newest late change that is counted in these figures; what came between two revisions lies between their two.
    changes_until = models.BigIntegerField(default=0, editable=False)
    # Verdicts or data were still to come, so the figures were not final.
    open = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("week report")
        verbose_name_plural = _("week reports")
        constraints = [
            models.UniqueConstraint(fields=["account", "ends_on", "revision"], name="week_report_once"),
            models.CheckConstraint(
                condition=Q(revision=0, reason="closed") | Q(revision__gt=0) & ~Q(reason="closed"),
                name="week_report_first_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.ends_on} ({self.revision})"

    @property
    def starts_on(self) -> date:
        return self.ends_on - timedelta(days=6)


class WeekReading(models.Model):
    """One metric's figure in a week report: the exact value, what it was worked out from, and its verdict."""

    report = models.ForeignKey(WeekReport, models.CASCADE, related_name="readings")
    account = models.ForeignKey(SellerAccount, models.CASCADE, related_name="+", db_index=False)
    ends_on = models.DateField()
    revision = models.PositiveSmallIntegerField()
    metric = models.CharField(_("metric"), max_length=60)
    value_numerator = models.BigIntegerField(null=True)
    value_denominator = models.BigIntegerField(null=True)
    numerator = models.BigIntegerField(_("numerator"), null=True)
    denominator = models.BigIntegerField(_("denominator"), null=True)
    n = models.PositiveBigIntegerField(_("cases"))
    band = models.CharField(_("band"), max_length=8)
    state = models.CharField(_("state"), max_length=16)
    window_from = models.DateField(_("window from"))
    window_to = models.DateField(_("window to"))
    carried_from = models.DateField(null=True)
    counted_now = models.PositiveBigIntegerField(null=True)  # of a carried score: the answers of the week itself
    complete_until = models.DateField(null=True)  # where the window reached beyond it: the last day with all its data
    stats = models.JSONField(null=True)
    rule = models.JSONField(null=True)  # days, lag, minimum, limit and goal that judged this week

    class Meta:
        verbose_name = _("week reading")
        verbose_name_plural = _("week readings")
        constraints = [
            models.UniqueConstraint(fields=["report", "metric"], name="week_reading_once"),
            models.CheckConstraint(
                condition=Q(value_numerator=None, value_denominator=None) | Q(value_denominator__gt=0),
                name="week_reading_value",
            ),
            models.CheckConstraint(condition=Q(window_to__gte=F("window_from")), name="week_reading_window"),
        ]
        indexes = [
            # One metric's trend, and every account's score on the fleet page.
            models.Index(fields=["metric", "account", "-ends_on", "-revision"], name="week_reading_trend"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.metric} {self.ends_on}"

    @property
    def value(self) -> Fraction | None:
        if self.value_numerator is None or self.value_denominator is None:
            return None
        return Fraction(self.value_numerator, self.value_denominator)


class RuleChange(models.Model):
    """A rule of one metric that people changed from a date on, over what the metric declares. What is empty stays.

    A week is judged by the changes that are valid on its last day. One that is dated back reaches published weeks,
    which are then published again for that reason.
    """

    account = models.ForeignKey(
        SellerAccount,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rule_changes",
        verbose_name=_("account"),
        help_text=_("Empty: for all accounts."),
    )
    metric = models.CharField(_("metric"), max_length=60)
    valid_from = models.DateField(_("valid from"))
    days = models.PositiveIntegerField(_("days in the window"), null=True, blank=True)
    lag = models.PositiveSmallIntegerField(
        _("lag in days"), null=True, blank=True, help_text=_("The window ends so many days before the report day.")
    )
    minimum = models.PositiveIntegerField(
        _("minimum"), null=True, blank=True, help_text=_("With fewer counted rows there is no figure.")
    )
    limit = models.DecimalField(
        _("limit"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("Beyond it the figure is red; in the unit people read: per cent, points, seconds."),
    )
    goal = models.DecimalField(
        _("goal"),
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("At it or better the figure is green; in the same unit."),
    )

    class Meta:
        verbose_name = _("rule change")
        verbose_name_plural = _("rule changes")
        ordering = ["metric", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["account", "metric", "valid_from"], name="rule_change_once"),
            models.UniqueConstraint(
                fields=["metric", "valid_from"], condition=Q(account=None), name="rule_change_for_all_once"
            ),
            models.CheckConstraint(condition=Q(days=None) | Q(days__gte=1, days__lte=36_525), name="rule_change_days"),
            models.CheckConstraint(condition=Q(lag=None) | Q(lag__lte=366), name="rule_change_lag"),
            models.CheckConstraint(condition=Q(minimum=None) | Q(minimum__gte=1), name="rule_change_minimum"),
            models.CheckConstraint(
                condition=~Q(days=None, lag=None, minimum=None, limit=None, goal=None),
                name="rule_change_names_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.valid_from}"

    def clean(self) -> None:
        """What needs the catalogue is checked in kpis/rule_changes.py, which knows it."""
        if all(getattr(self, name) is None for name in ("days", "lag", "minimum", "limit", "goal")):
            raise ValidationError(_("Name at least one value that changes."))


class RecountedDay(models.Model):
    """A note that a day was counted anew, until the published weeks that read it have been looked at.

    Appended in the recount's transaction and deleted by exactly the ids read, like a mark, so that no clock decides
    whether a late change reaches its weeks.
    """

    account = models.ForeignKey(SellerAccount, models.CASCADE, related_name="+", verbose_name=_("account"))
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("recounted day")
        verbose_name_plural = _("recounted days")

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"


class AwaitedData(models.Model):
    """A note that a published week lacks data of a fact up to a day; once it has come, the week is looked at again."""

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    ends_on = models.DateField(_("last day of the week"))
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("awaited data")
        verbose_name_plural = _("awaited data")
        constraints = [models.UniqueConstraint(fields=["account", "ends_on", "fact"], name="awaited_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.ends_on} {self.fact} {self.day}"


class Heartbeat(models.Model):
    """When a process of ours last said that it is alive, and what a worker has counted since it began."""

    name = models.CharField(_("name"), max_length=255, unique=True)
    beat_at = models.DateTimeField(_("last sign of life"))
    days_counted = models.PositiveBigIntegerField(_("days counted"), default=0, db_default=0)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name


class ProofRun(models.Model):
    """One account's day totals proved by an independent recount: when, how much, with how many differences.

    A row without an end belongs to a proof that is running or was killed; after LEASE another one may start.
    """

    LEASE = timedelta(minutes=15)

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    days = models.PositiveIntegerField(_("days compared"), default=0)  # (fact, day) pairs
    rows = models.PositiveBigIntegerField(_("rows read"), default=0)
    waiting = models.PositiveIntegerField(_("days passed over because they wait to be counted"), default=0)
    differences = models.PositiveIntegerField(_("differences found"), default=0)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        indexes = [models.Index(fields=["account", "-started_at"], name="proof_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at}"


class ProofDifference(models.Model):
    """A stored total that an independent recount did not confirm: what stood there, what was counted, when it healed.

    `stored` is kept as it was found, null where there was none; `counted` is null where no part should stand at all.
    """

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))
    part = models.TextField(_("part"))
    stored = models.JSONField(_("stored"), null=True)
    counted = models.BigIntegerField(_("counted"), null=True)
    found_at = models.DateTimeField(_("found at"))
    healed_at = models.DateTimeField(_("healed at"), null=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "fact", "day", "part"], condition=Q(healed_at=None), name="difference_open_once"
            )
        ]
        indexes = [models.Index(fields=["account", "-found_at"], name="difference_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.fact} {self.day}: {self.part}"
