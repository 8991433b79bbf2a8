"""What the platform says about the account itself: policy violations and official figures."""

from datetime import UTC, date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.choices import FulfilledBy, OfficialMetric, ViolationCategory, ViolationStatus
from sellers.facts import SourceRow, source_constraint


class PolicyViolation(SourceRow):
    """A policy violation or complaint that the platform holds against the account.

    It counts on the day it was opened; where nobody says which day that was, on the day it was last reported, so that a
    violation without a date is not overlooked.
    """

    days = {"day": "opened_moment"}
    facts = {"violations": "day"}
    derived = ("day",)

    category = models.CharField(_("category"), max_length=20, choices=ViolationCategory.choices)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ViolationStatus.choices, default=ViolationStatus.OPEN)
    asin = models.CharField("ASIN", max_length=20, blank=True)
    sku = models.CharField("SKU", max_length=80, blank=True)
    description = models.TextField(_("description"), blank=True)
    count = models.PositiveIntegerField(_("count"), default=1)
    day = models.DateField(_("day"), null=True, editable=False)

    class Meta(SourceRow.Meta):
        verbose_name = _("policy violation")
        verbose_name_plural = _("policy violations")
        constraints = [
            source_constraint("policy_violation"),
            models.CheckConstraint(condition=Q(count__gte=1), name="policy_violation_count"),
        ]
        indexes = [models.Index(fields=["account", "day"], name="policy_violation_by_day")]

    @property
    def opened_moment(self) -> datetime | date | None:
        return self.opened_at or self.opened_on or self.reported_at

    @property
    def reported_at(self) -> datetime | None:
        """The newest version that any source stated."""
        newest = max((int(version) for version in self.stated if version.isdigit()), default=None)
        return None if newest is None else datetime.fromtimestamp(newest / 1000, UTC)


class OfficialFigure(SourceRow):
    """A figure as the platform itself reports it, shown beside ours and never mixed with it."""

    days = {"day": "period_to"}
    facts = {"official": "day"}
    derived = ("day",)

    metric = models.CharField(_("figure"), max_length=80, choices=OfficialMetric.choices)
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default=""
    )
    period_from = models.DateTimeField(_("period from"))
    period_to = models.DateTimeField(_("period to"))
    numerator = models.PositiveBigIntegerField(_("numerator"), null=True, blank=True)
    denominator = models.PositiveBigIntegerField(_("denominator"), null=True, blank=True)
    rate = models.DecimalField(_("rate or value"), max_digits=24, decimal_places=12, null=True, blank=True)
    platform_status = models.CharField(_("platform's verdict"), max_length=40, blank=True)
    target_value = models.DecimalField(_("platform's target"), max_digits=18, decimal_places=12, null=True, blank=True)
    target_condition = models.CharField(_("platform's condition"), max_length=40, blank=True)
    components = models.JSONField(_("components"), default=dict, blank=True)
    day = models.DateField(_("day"), editable=False)

    class Meta(SourceRow.Meta):
        verbose_name = _("official figure")
        verbose_name_plural = _("official figures")
        constraints = [
            source_constraint("official_figure"),
            models.CheckConstraint(condition=Q(period_to__gte=F("period_from")), name="official_figure_period"),
        ]
        indexes = [models.Index(fields=["account", "metric", "day"], name="official_figure_by_day")]
