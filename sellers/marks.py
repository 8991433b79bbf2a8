"""Marks: "this day of this fact changed", appended in the writing transaction and deleted one by one by the sweep."""

from collections.abc import Iterable
from datetime import date

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sellers.bulk import insert_columns

Touched = tuple[int, str, date]  # account id, fact, local day


class Mark(models.Model):
    """One note that a day of a fact changed.

    Append-only: writers never wait for one another, and a sweep deletes exactly the ids it read, so a mark that arrives
    while a day is being counted survives (docs/decisions/0003-marks.md has the alternatives and their wrong days).
    """

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    fact = models.CharField(_("fact"), max_length=40)
    day = models.DateField(_("day"))
    marked_at = models.DateTimeField(_("marked at"), db_default=Now())

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        indexes = [
            models.Index(fields=["account", "-day"], name="mark_account_newest"),  # the sweep reads newest days first
            models.Index(fields=["marked_at"], name="mark_oldest"),  # how long the oldest mark has been waiting
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.fact} {self.day}"


def mark(touched: Iterable[Touched]) -> None:
    """Append one mark for each (account, fact, day), sorted, so that writers never wait for each other in a ring."""
    rows = sorted(touched)
    if rows:
        insert_columns(Mark, ("account", "fact", "day"), list(zip(*rows, strict=True)), DEFAULT_DB_ALIAS)
