"""Switches that decide verdicts, with the day from which each value holds: what was judged before keeps its rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from sellers.models import SellerAccount


class Switch(models.TextChoices):
    """The columns of an account that a dated row may override."""

    ATOZ_RULE = "atoz_rule", _("A-to-z rule")
    BOTS_COUNT = "bots_count", _("bot replies count")
    POP_COUNTS_MESSAGES = "pop_counts_messages", _("a buyer's message makes an order imperfect")


class SwitchChange(models.Model):
    """From a day on, a switch has this value for one account, or for all that say nothing of their own."""

    account = models.ForeignKey(
        "sellers.SellerAccount",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="switch_changes",
        verbose_name=_("account"),
        help_text=_("Empty: every account without a dated switch of its own on a day."),
    )
    name = models.CharField(_("switch"), max_length=32, choices=Switch.choices)
    value = models.JSONField(_("value"))
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("dated switch")
        verbose_name_plural = _("dated switches")
        constraints = [
            models.CheckConstraint(condition=Q(name__in=Switch.values), name="switch_name"),
            models.UniqueConstraint(fields=["account", "name", "valid_from"], name="switch_once"),
            models.UniqueConstraint(
                fields=["name", "valid_from"],
                condition=Q(account=None),
                name="switch_of_all_once",
                violation_error_message=_("For all accounts one is stored for this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account or _('All accounts')}, {self.valid_from}: {self.get_name_display()} = {self.word}"

    @property
    def word(self) -> str:
        """The value in words."""
        return dict(choices_of(self.name)).get(self.value, str(self.value))

    def clean(self) -> None:
        """Refuse a value that the account's own column could not take."""
        if self.name not in Switch.values:
            return  # told by the column itself
        if not any(type(self.value) is type(value) and self.value == value for value, _word in choices_of(self.name)):
            raise ValidationError({"value": _("%(value)s is no value of this switch.") % {"value": self.value}})


def choices_of(name: str) -> list[tuple[Any, str]]:
    """The values that a switch can take, each in words."""
    column: Any = apps.get_model("sellers", "SellerAccount")._meta.get_field(name)
    if isinstance(column, models.BooleanField):
        return [(True, str(_("yes"))), (False, str(_("no")))]
    return [(value, str(word)) for value, word in column.flatchoices]


@dataclass(frozen=True, slots=True)
class Switches:
    """The switches of one account on any day. Pure.

    `columns` are the account's own values, which hold from the beginning; `own` and `shared` are dated rows by name,
    oldest first.
    """

    columns: Mapping[str, Any]
    own: Mapping[str, Sequence[tuple[date, Any]]]
    shared: Mapping[str, Sequence[tuple[date, Any]]]

    def on(self, name: str, day: date) -> Any:
        """The value in force on a local day: the account's newest dated row, else that of all, else its column."""
        for rows in (self.own, self.shared):
            for valid_from, value in reversed(rows.get(name, ())):
                if valid_from <= day:
                    return value
        return self.columns[name]

    def first_dated(self, name: str) -> date | None:
        """The day from which the account's column no longer decides; None if it always does."""
        return min((rows[name][0][0] for rows in (self.own, self.shared) if name in rows), default=None)


def switches_of(account: "SellerAccount") -> Switches:
    """The dated switches of an account. One query."""
    own: dict[str, list[tuple[date, Any]]] = {}
    shared: dict[str, list[tuple[date, Any]]] = {}
    rows = SwitchChange.objects.filter(Q(account=account) | Q(account=None)).order_by("valid_from")
    for account_id, name, valid_from, value in rows.values_list("account_id", "name", "valid_from", "value"):
        (shared if account_id is None else own).setdefault(name, []).append((valid_from, value))
    return Switches({name: getattr(account, name) for name in Switch.values}, own, shared)
