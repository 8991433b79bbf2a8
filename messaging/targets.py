"""How long a buyer may wait: declared for each channel, changed by dated rows for an account, channel or priority."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import Priority
from sellers.channels import Channel
from sellers.models import SellerAccount

DAY, HOUR, MINUTE = 86_400, 3_600, 60
# Amazon allows 24 hours; buyers expect an answer within the hour on social channels and within minutes in a chat.
DEFAULT = DAY
DEFAULTS: dict[str, int] = {
    Channel.MESSENGER: HOUR,
    Channel.INSTAGRAM: HOUR,
    Channel.LINE: HOUR,
    Channel.WHATSAPP: HOUR,
    Channel.LIVE_CHAT: 5 * MINUTE,
}


class ResponseTarget(models.Model):
    """A time allowed for answers from a day on, or, with an end, for a stretch of days such as a peak season."""

    account = models.ForeignKey(
        "sellers.SellerAccount",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
        help_text=_("Empty: for every account."),
    )
    channel = models.CharField(
        _("channel"), max_length=16, choices=Channel.choices, blank=True, help_text=_("Empty: on every channel.")
    )
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority.choices, blank=True, help_text=_("Empty: of every priority.")
    )
    valid_from = models.DateField(_("valid from"), help_text=_("The first local day on which it applies."))
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last local day, for a peak season; empty: for good.")
    )
    seconds = models.PositiveIntegerField(_("seconds allowed"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("response target")
        verbose_name_plural = _("response targets")
        constraints = [
            models.CheckConstraint(condition=Q(seconds__gte=1), name="response_target_seconds"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="response_target_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from}: {self.seconds} s"

    def rank(self) -> tuple[int, bool, bool, bool, date, int]:
        """Which of two rows that apply stands: the one that names more, then the newer one.

        Of two that name as much, the account's own comes before one for a priority, and that before one for a channel.
        """
        named = (self.account_id is not None, bool(self.priority), bool(self.channel))
        return (sum(named), *named, self.valid_from, self.pk)


@dataclass(frozen=True)
class Targets:
    """The targets of one account: declared ones, and the rows that override them."""

    rows: tuple[ResponseTarget, ...] = ()
    _known: dict[tuple[str, str, date], int] = field(default_factory=dict, compare=False, repr=False)

    def seconds(self, channel: str, priority: str, day: date) -> int:
        """The seconds allowed for a wait that begins on this local day. A row for all channels overrides a declared
        one for a channel as soon as it names the account or the priority."""
        key = (channel, priority, day)
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        return self._known[key]

    def _look_up(self, channel: str, priority: str, day: date) -> int:
        applying = [
            row
            for row in self.rows
            if row.channel in ("", channel)
            and row.priority in ("", priority)
            and row.valid_from <= day
            and (row.valid_until is None or day <= row.valid_until)
        ]
        declared = DEFAULTS.get(channel)
        best = max(applying, key=ResponseTarget.rank, default=None)
        if best is None or (declared is not None and not (best.account_id or best.priority or best.channel)):
            return DEFAULT if declared is None else declared
        return best.seconds


def targets_of(account: SellerAccount) -> Targets:
    """The account's targets; one query."""
    return Targets(tuple(ResponseTarget.objects.filter(Q(account=account) | Q(account=None))))


def accounts_of(rows: Iterable[ResponseTarget]) -> list[SellerAccount]:
    """The accounts that these rows apply to."""
    owners = [row.account_id for row in rows]
    everyone = SellerAccount.objects.order_by("pk")
    return list(everyone if None in owners else everyone.filter(pk__in=filter(None, owners)))
