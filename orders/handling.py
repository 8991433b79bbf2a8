"""How long a shop takes to hand an order over: working days, by article, from a day on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sellers.models import MOST_HANDLING_DAYS, SellerAccount

EVERY_ARTICLE = ""


class HandlingTime(models.Model):
    """From a day on, an article of an account leaves within so many working days after the day it was ordered."""

    account = models.ForeignKey(
        SellerAccount, models.CASCADE, db_index=False, related_name="handling_times", verbose_name=_("account")
    )
    sku = models.CharField(
        "SKU", max_length=80, blank=True, help_text=_("Empty: every article without a handling time of its own.")
    )
    days = models.PositiveSmallIntegerField(
        _("working days"),
        validators=[MaxValueValidator(MOST_HANDLING_DAYS)],
        help_text=_("0 is same-day handling, up to the account's cut-off."),
    )
    valid_from = models.DateField(_("valid from"), help_text=_("Orders placed before keep what held then."))

    class Meta:
        verbose_name = _("handling time")
        verbose_name_plural = _("handling times")
        constraints = [
            models.UniqueConstraint(fields=["account", "sku", "valid_from"], name="handling_time_once"),
            models.CheckConstraint(condition=Q(days__lte=MOST_HANDLING_DAYS), name="handling_time_days"),
        ]

    def __str__(self) -> str:
        return f"{self.sku or _('Every article')}, {self.valid_from}: {self.days}"


@dataclass(frozen=True, slots=True)
class HandlingTimes:
    """The handling times of one account. Pure.

    `default` is what the account itself says, None for unknown; `dated` has the rows of each SKU, oldest first.
    """

    default: int | None
    dated: Mapping[str, Sequence[tuple[date, int]]]

    def of(self, sku: str, day: date) -> int | None:
        """Working days for an article ordered on a local day: its own newest row, else that of all, else the default.

        Source: https://sellercentral.amazon.com/gp/help/external/G200955560?language=en_US
        """
        for name in dict.fromkeys((sku, EVERY_ARTICLE)):
            for valid_from, days in reversed(self.dated.get(name, ())):
                if valid_from <= day:
                    return days
        return self.default

    def longest(self, skus: Collection[str], day: date) -> int | None:
        """Working days for an order of these articles: those of the slowest; unknown while those of any are."""
        times = [self.of(sku, day) for sku in skus or (EVERY_ARTICLE,)]
        known = [days for days in times if days is not None]
        return max(known) if len(known) == len(times) else None


def handling_times_of(account: SellerAccount) -> HandlingTimes:
    """The handling times of an account. One query. A cut-off alone says that it ships on the same day."""
    dated: dict[str, list[tuple[date, int]]] = {}
    rows = HandlingTime.objects.filter(account=account).order_by("valid_from")
    for sku, valid_from, days in rows.values_list("sku", "valid_from", "days"):
        dated.setdefault(sku, []).append((valid_from, days))
    default = account.handling_days
    if default is None and account.same_day_cutoff is not None:
        default = 0
    return HandlingTimes(default, dated)
