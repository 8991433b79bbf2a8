"""What people set up for themselves: weekly reports by mail, the log of what was sent, and views of the accounts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashboard.mailing.schedule import next_due
from sellers.days import validate_zone
from sellers.models import SellerAccount, User, Weekday


class Subscription(models.Model):
    """The weekly report by mail for one person: of which accounts, in which language, on which day and hour of theirs.

    `next_at` is when the next one is due, null while it is paused; who changes day, hour or zone sets it again.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="subscriptions", verbose_name=_("recipient"))
    every_account = models.BooleanField(
        _("all accounts"), default=True, help_text=_("Every account that you may see, future ones too.")
    )
    accounts = models.ManyToManyField(
        SellerAccount, related_name="+", blank=True, verbose_name=_("only these accounts")
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(_("hour"), default=8, validators=[MaxValueValidator(23)])
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    skip_unchanged = models.BooleanField(
        _("skip weeks without changes"),
        default=False,
        help_text=_("No mail when no figure crossed a colour or is better or worse by more than chance."),
    )
    active = models.BooleanField(_("active"), default=True)
    next_at = models.DateTimeField(_("next one at"), null=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="subscription_weekday"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="subscription_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def due_after(self, moment: datetime) -> datetime:
        """When it is due next, paused or not."""
        return next_due(self.weekday, self.hour, self.zone, moment)


class Delivery(models.Model):
    """One report that was or is to be mailed. Of each week a subscription brings one, besides those asked for."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    class Reason(models.TextChoices):
        WEEKS_OPEN = "weeks_open", _("Waits until the week is over in every account.")
        UNCHANGED = "unchanged", _("Nothing had changed since the week before.")
        NO_ACCOUNT = "no_account", _("There is no account any more that the recipient may see.")
        NO_REPORT = "no_report", _("None of the accounts has published this week.")
        PAUSED = "paused", _("The subscription was paused.")
        NO_ADDRESS = "no_address", _("The recipient has no e-mail address.")
        REFUSED = "refused", _("The mail server does not accept this recipient.")
        REJECTED = "rejected", _("The mail server rejected the mail.")
        LOGIN = "login", _("The mail server did not accept our name and password.")
        UNREACHABLE = "unreachable", _("The mail server could not be reached.")
        INTERNAL = "internal", _("The report could not be written; the log of the worker says why.")

    MOST_ATTEMPTS = 6
    LEASE = timedelta(minutes=10)

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="deliveries", verbose_name=_("subscription")
    )
    week = models.DateField(_("week to"))
    asked = models.BooleanField(_("asked for"), default=False)  # "send me one now"
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    code = models.PositiveSmallIntegerField(_("answer of the mail server"), null=True)
    due_at = models.DateTimeField(_("due at"))
    try_at = models.DateTimeField(_("next attempt at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    accounts = models.PositiveIntegerField(_("accounts in it"), default=0)
    worker = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-due_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "week"], condition=Q(asked=False), name="delivery_once_a_week"
            ),
            # Who asks twice before the first one is sent gets one.
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(asked=True, state__in=["waiting", "sending"]),
                name="delivery_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending"], ended_at=None)
                | Q(state__in=["sent", "skipped", "failed"], ended_at__isnull=False),
                name="delivery_ended",
            ),
        ]
        indexes = [
            # What is to be sent next.
            models.Index(fields=["try_at"], condition=Q(state__in=["waiting", "sending"]), name="delivery_open")
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.week}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.SENDING)

    @property
    def told_at(self) -> datetime:
        """When the log says it happened."""
        return self.ended_at or self.due_at


class SavedView(models.Model):
    """A name for filters and order of the list of accounts: only an address, so each person sees their own in it."""

    MOST = 30  # of one person

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("filters"))  # as FleetFilter.canonical writes it
    shared = models.BooleanField(_("for everybody"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_view_name",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
