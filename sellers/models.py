"""Who sells where, who may see it, and the tokens of integrations."""

from typing import Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from sellers.arrivals import Arrival
from sellers.calendars import BusinessCalendar, Holiday
from sellers.changes import Change
from sellers.channels import expected_by_default, validate_channels
from sellers.dated_switches import SwitchChange
from sellers.days import validate_zone
from sellers.late import LateChange
from sellers.mailboxes import validate_mailbox_tags
from sellers.marks import Mark
from sellers.notes import Note

__all__ = [
    "ApiToken",
    "Arrival",
    "BusinessCalendar",
    "Change",
    "Holiday",
    "LateChange",
    "Mark",
    "Membership",
    "Note",
    "SellerAccount",
    "SwitchChange",
    "User",
]

DERIVATION = 3  # raise it when a derived column is new or gets another meaning: every account is then derived anew

KEY_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
MOST_HANDLING_DAYS = 30


class User(AbstractUser):  # type: ignore[django-manager-missing]  # Knox is published without types
    """A person who signs in. Our own table from the start, because Django cannot swap it later."""

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]  # the stubs know plain text only
        verbose_name_plural = _("users")  # type: ignore[assignment]


class Platform(models.TextChoices):
    AMAZON = "amazon", _("Amazon")
    SHOPIFY = "shopify", _("Shopify")
    OTHER = "other", _("Other shop")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class AtozRule(models.TextChoices):
    TODAY = "today", _("Amazon's rule of today: denied, withdrawn and Amazon-funded claims do not count")
    ALL = "all", _("Every claim counts, whatever its outcome")


class AccountQuerySet(models.QuerySet["SellerAccount"]):
    def visible_to(self, user: "User | AnonymousUser", token: "ApiToken | None" = None) -> Self:
        """The one door to accounts: what this person, or this token of theirs, may see. Everything else does not exist.

        Staff see every account; others see those they are members of. A token never sees more than its owner.
        """
        if not user.is_active or user.is_anonymous:
            return self.none()
        allowed = self if user.is_staff else self.filter(memberships__user=user)
        return allowed if token is None else allowed.filter(tokens=token)

    def writable_by(self, user: "User | AnonymousUser", token: "ApiToken | None" = None) -> Self:
        """The accounts whose facts this person, or this token of theirs, may change."""
        allowed = self.visible_to(user, token)
        if user.is_staff or user.is_anonymous:
            return allowed
        return allowed.filter(memberships__user=user, memberships__role=Membership.Role.MANAGER)


class SellerAccount(models.Model):
    """One shop on one marketplace: the owner of every row, with its own zone, week and switches."""

    key = models.CharField(
        _("key"),
        max_length=63,
        unique=True,
        validators=[RegexValidator(KEY_PATTERN, _("Small letters, digits and hyphens, as in acme-us."))],
        help_text=_("Stands in addresses, files and the API; choose it once."),
    )
    name = models.CharField(_("name"), max_length=120)
    platform = models.CharField(_("platform"), max_length=16, choices=Platform.choices)
    marketplace = models.CharField(_("marketplace"), max_length=32, blank=True, help_text=_("For example US, DE, JP."))
    team = models.CharField(_("team"), max_length=60, blank=True, help_text=_("Who looks after it, such as EU team."))
    owner = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("The person who answers for it. It gives them no rights; memberships do."),
    )
    platform_account_id = models.CharField(_("ID on the platform"), max_length=120, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        validators=[validate_zone],
        help_text=_("The marketplace's IANA zone; days and weeks are cut in it."),
    )
    week_start = models.PositiveSmallIntegerField(_("week starts on"), choices=Weekday.choices, default=Weekday.MONDAY)
    score_window_days = models.PositiveSmallIntegerField(
        _("days in the score's window"),
        default=28,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text=_("28 is four weeks; 31 reproduces Amazon's example of 2019."),
    )
    atoz_rule = models.CharField(_("A-to-z rule"), max_length=8, choices=AtozRule.choices, default=AtozRule.TODAY)
    bots_count = models.BooleanField(
        _("bot replies count"), default=False, help_text=_("A bot's message then ends a turn as a person's does.")
    )
    pop_counts_messages = models.BooleanField(
        _("a buyer's message makes an order imperfect"),
        default=True,
        help_text=_("In the perfect order percentage, an order about which the buyer had to write is not perfect."),
    )
    handling_days = models.PositiveSmallIntegerField(
        _("handling time in working days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_HANDLING_DAYS)],
        help_text=_("From the day of the order to its dispatch. Empty: unknown, and no ship date is expected."),
    )
    ships_saturday = models.BooleanField(_("ships on Saturdays"), default=False)
    ships_sunday = models.BooleanField(_("ships on Sundays"), default=False)
    same_day_cutoff = models.TimeField(
        _("same-day cut-off"),
        null=True,
        blank=True,
        help_text=_("Local time up to which orders leave on their own working day. Empty: no same-day handling."),
    )
    expected_channels = models.JSONField(
        _("expected channels"),
        default=expected_by_default,
        blank=True,
        validators=[validate_channels],
        help_text=_("Where buyers can reach this shop; channel diversity compares with them."),
    )
    mailbox_tags = models.JSONField(
        _("mail addresses and tags"),
        default=list,
        blank=True,
        validators=[validate_mailbox_tags],
        help_text=_(
            "Addresses of this account, and words that follow the plus sign of one: west for "
            "support+west@example.com (the account's key is always such a word). Mail to them belongs to this account; "
            "mail from the addresses is its answer."
        ),
    )
    derivation = models.PositiveSmallIntegerField(default=DERIVATION, editable=False)
    # The last day of the newest published week: a change of a day up to here is late.
    published_until = models.DateField(null=True, editable=False)
    demo = models.BooleanField(_("sample data"), default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("seller account")
        verbose_name_plural = _("seller accounts")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(condition=Q(week_start__lte=6), name="account_week_start"),
            models.CheckConstraint(
                condition=Q(score_window_days__gte=1, score_window_days__lte=366), name="account_score_window"
            ),
            models.CheckConstraint(condition=Q(platform__in=Platform.values), name="account_platform"),
            models.CheckConstraint(condition=Q(atoz_rule__in=AtozRule.values), name="account_atoz_rule"),
            models.CheckConstraint(condition=Q(key__regex=KEY_PATTERN), name="account_key"),
            models.CheckConstraint(
                condition=Q(handling_days=None) | Q(handling_days__gte=0, handling_days__lte=MOST_HANDLING_DAYS),
                name="account_handling_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Membership(models.Model):
    """Who may see an account, and whether they may change its facts."""

    class Role(models.TextChoices):
        VIEWER = "viewer", _("Viewer: sees figures and rows")
        MANAGER = "manager", _("Manager: also brings data in and repairs it")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    account = models.ForeignKey(
        SellerAccount, models.CASCADE, related_name="memberships", verbose_name=_("seller account")
    )
    role = models.CharField(_("role"), max_length=8, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} - {self.account} ({self.role})"


class ApiToken(AbstractAuthToken):
    """The key of an integration: named, limited to accounts and scopes, shown once, stored as a digest."""

    class Scope(models.TextChoices):
        READ = "read", _("Read figures and rows")
        INGEST = "ingest", _("Bring data in")

    name = models.CharField(_("name"), max_length=80)
    accounts = models.ManyToManyField(SellerAccount, related_name="tokens", verbose_name=_("seller accounts"))
    scopes = models.JSONField(_("scopes"), default=list)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)

    class Meta(AbstractAuthToken.Meta):
        abstract = False
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name
