"""Notes: what people did, and what happened to them, on days of an account, so that a figure's move can be understood.

A note without an end stands for one day, or for what stays from that day on: both are a mark on its first day. With an
end it is a period. A note of one metric is about that figure alone, any other about everything of its account.
"""

from datetime import date

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sellers.calendars import FIRST_DAY, LAST_DAY

TEXT_LENGTH = 4000
DAY_LIMITS = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class NoteQuerySet(models.QuerySet["Note"]):
    def about(self, metric: str) -> "NoteQuerySet":
        """Notes that stand on this metric's chart: its own, and those of the whole account."""
        return self.filter(metric__in=("", metric))

    def between(self, first: date, last: date) -> "NoteQuerySet":
        """Notes that touch these days, both included."""
        return self.annotate(until=Coalesce("ends_on", "starts_on")).filter(starts_on__lte=last, until__gte=first)


class Note(models.Model):
    """One thing that people want to remember beside the figures of an account."""

    class Kind(models.TextChoices):
        MEASURE = "measure", _("Measure")
        TRAINING = "training", _("Training")
        MEETING = "meeting", _("Meeting")
        EVENT = "event", _("Event from outside")
        OTHER = "other", _("Other")

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, related_name="notes", verbose_name=_("seller account")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.MEASURE)
    title = models.CharField(
        _("title"), max_length=120, help_text=_("Stands on the charts; short and plain: new reply templates.")
    )
    text = models.TextField(_("text"), blank=True, validators=[MaxLengthValidator(TEXT_LENGTH)])
    starts_on = models.DateField(_("from"), validators=DAY_LIMITS)
    ends_on = models.DateField(
        _("until"),
        null=True,
        blank=True,
        validators=DAY_LIMITS,
        help_text=_("Only for a period that is over or whose end is known. Empty: one day, or from then on."),
    )
    people = models.CharField(_("who"), max_length=200, blank=True, help_text=_("Who did it, or whom it concerns."))
    metric = models.CharField(
        _("metric"), max_length=64, blank=True, help_text=_("The one figure it is about. Empty: the whole account.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, verbose_name=_("written by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-starts_on", "-id"]
        constraints = [
            # So that whoever sends the same mark twice, a deploy script for example, makes it once.
            models.UniqueConstraint(
                fields=["account", "starts_on", "metric", "title"],
                name="note_once",
                violation_error_message=_("This is noted on that day already."),
            ),
            models.CheckConstraint(condition=Q(kind__in=["measure", "training", "meeting", "event", "other"]),
                                   name="note_kind"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="note_days",
                violation_error_message=_("It cannot end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(starts_on__gte=FIRST_DAY, starts_on__lte=LAST_DAY), name="note_starts_on"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.starts_on} {self.title}"

    @property
    def last_day(self) -> date:
        """The last day it is known to have held: its end, or the one day it names."""
        return self.ends_on or self.starts_on

    @property
    def is_period(self) -> bool:
        return self.last_day > self.starts_on

    def touches(self, first: date, last: date) -> bool:
        """Whether it holds on one of these days, both included."""
        return self.starts_on <= last and self.last_day >= first
