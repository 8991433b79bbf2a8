"""The pages of a person's weekly reports by mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django import forms
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.joining import sentences
from dashboard.mailing.letter import Letter, accounts_of, letter
from dashboard.models import Delivery, Subscription
from kpis.metrics import Text, Window
from kpis.weekly import calendar_weeks
from sellers.models import SellerAccount, User, Weekday

PER_PAGE = 50
LIGHTS = {
    Delivery.State.SENT: "green",
    Delivery.State.FAILED: "red",
    Delivery.State.WAITING: "none",
    Delivery.State.SENDING: "none",
    Delivery.State.SKIPPED: "none",
}


@dataclass(frozen=True)
class Entry:
    """A line of the log."""

    delivery: Delivery

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.delivery.week, 7))

    @property
    def moment(self) -> str:
        return words.moment(self.delivery.told_at, self.delivery.subscription.zone)

    @property
    def light(self) -> str:
        """Its sign: an attempt that failed and is made again is yellow."""
        delivery = self.delivery
        tried = delivery.state == Delivery.State.WAITING and delivery.attempts > 0
        return "yellow" if tried else LIGHTS[Delivery.State(delivery.state)]

    @property
    def word(self) -> Text:
        return Delivery.State(self.delivery.state).label

    @property
    def note(self) -> str:
        """Why it is as it is, and what comes next."""
        delivery = self.delivery
        found = [str(Delivery.Reason(delivery.reason).label)] if delivery.reason else []
        if delivery.code:
            found.append(_("Its answer was %(code)d.") % {"code": delivery.code})
        if delivery.state == Delivery.State.WAITING and delivery.attempts:
            found.append(
                _("Tried again at %(moment)s.") % {"moment": words.moment(delivery.try_at, delivery.subscription.zone)}
            )
        if delivery.asked:
            found.append(_("Asked for by you."))
        return sentences(found)


@dataclass(frozen=True)
class Entered:
    """A subscription in words."""

    subscription: Subscription
    names: list[str]  # of the chosen accounts, as far as the recipient may still see them

    @property
    def title(self) -> str:
        """Of which accounts it is."""
        if self.subscription.every_account:
            return _("All your accounts")
        if len(self.names) == 1:
            return self.names[0]
        return ngettext("%(count)d account", "%(count)d accounts", len(self.names)) % {"count": len(self.names)}

    @property
    def when(self) -> str:
        one = self.subscription
        return _("%(weekday)s, %(hour)02d:00 (%(zone)s)") % {
            "weekday": Weekday(one.weekday).label,
            "hour": one.hour,
            "zone": one.time_zone,
        }

    @property
    def language(self) -> str:
        return str(self.subscription.get_language_display())

    @property
    def next(self) -> str:
        at = self.subscription.next_at
        return "" if at is None else words.weekday_moment(at, self.subscription.zone)


@dataclass(frozen=True)
class SubscriptionsPage:
    """A person's subscriptions and what was sent."""

    subscriptions: list[Entered]
    page: Page
    log: list[Entry]
    address: str
    is_kept: bool  # no mail server is set: mails wait as files


def subscriptions_page(user: User, number: str) -> SubscriptionsPage:
    """In constant queries."""
    own = list(Subscription.objects.filter(user=user))
    found = Delivery.objects.filter(subscription__user=user).select_related("subscription")
    page = Paginator(found, PER_PAGE).get_page(number)
    return SubscriptionsPage(
        subscriptions=_entered(user, own),
        page=page,
        log=[Entry(delivery) for delivery in page],
        address=user.email,
        is_kept=no_server(),
    )


def no_server() -> bool:
    """Whether mails are kept as files because no mail server is set."""
    return settings.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"


def _entered(user: User, subscriptions: Sequence[Subscription]) -> list[Entered]:
    """The subscriptions of a person in words; one query. What was withdrawn since has no name for them any more."""
    prefetch_related_objects(subscriptions, Prefetch("accounts", SellerAccount.objects.visible_to(user)))
    return [Entered(one, [account.name for account in one.accounts.all()]) for one in subscriptions]


@dataclass(frozen=True)
class SubscriptionPage:
    """One subscription to be made or changed."""

    one: Entered | None
    form: forms.Form | forms.ModelForm


def subscription_page(subscription: Subscription | None, form: forms.Form | forms.ModelForm) -> SubscriptionPage:
    return SubscriptionPage(None if subscription is None else _entered(subscription.user, [subscription])[0], form)


@dataclass(frozen=True)
class PreviewPage:
    """The newest report as it would be mailed now; without a letter no week has been published."""

    one: Entered
    letter: Letter | None
    week: date | None
    address: str


def preview_page(subscription: Subscription, now: datetime) -> PreviewPage:
    """Written by the function that writes the mail."""
    accounts = accounts_of(subscription)
    weeks = calendar_weeks(accounts, now)
    ready = letter(subscription, accounts, weeks[0]) if weeks else None
    one = _entered(subscription.user, [subscription])[0]
    return PreviewPage(one, ready, weeks[0] if weeks else None, subscription.user.email)
