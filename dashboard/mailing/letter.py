"""What the mail of a week says: the summary itself, as text and as HTML, in the recipient's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import words
from dashboard.joining import names
from dashboard.models import Delivery, Subscription
from dashboard.weekly import Line, Step, Told
from kpis.fleet import WORST_FIRST
from kpis.metrics import Text, Window
from kpis.targets import Band
from kpis.weekly import Week, weeks_by
from sellers.models import SellerAccount

SALT = "dashboard.unsubscribe"
ACCOUNTS = 12  # told in full; the rest is counted and stands behind the link
LINES, STEPS = 6, 3  # of each account

# Mails know no style sheet: the colours of the light theme.
COLOURS = {
    Band.RED: ("#b2301a", "#fbe8e2"),
    Band.YELLOW: ("#855700", "#fcf0d2"),
    Band.GREEN: ("#0d6b57", "#e0f1eb"),
    Band.NONE: ("#515754", "#eeece5"),
}


@dataclass(frozen=True)
class Section:
    """One account in the mail."""

    told: Told

    @property
    def url(self) -> str:
        return absolute(reverse("week", args=[self.told.account.key, self.told.week.ends_on]))

    @property
    def ink(self) -> str:
        return COLOURS[self.told.score.reading.band][0]

    @property
    def paper(self) -> str:
        return COLOURS[self.told.score.reading.band][1]

    @property
    def lines(self) -> list[Line]:
        return self.told.lines[:LINES]

    @property
    def more(self) -> int:
        return max(0, len(self.told.lines) - LINES)

    @property
    def steps(self) -> list[tuple[Step, str]]:
        """What to do next, with the address of the rows."""
        return [(step, absolute(step.href)) for step in self.told.steps[:STEPS]]

    @property
    def change(self) -> str:
        """How the score stands against the week before, in words."""
        found, before = self.told.score_change, self.told.score_before
        if found is None or before is None:
            return ""
        return _("%(before)s the week before") % {"before": before.shown}


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to be sent or looked at."""

    subject: str
    text: str
    html: str
    accounts: int
    is_changed: bool


@dataclass(frozen=True)
class Content:
    """What the templates of the mail show."""

    week: date
    sections: Sequence[Section]
    hidden: int  # accounts that are not told in full
    shares: Sequence[tuple[Band, Text, int]]
    absent: Sequence[SellerAccount]
    url: str
    settings_url: str
    unsubscribe_url: str
    language: str

    @property
    def span(self) -> str:
        return words.span(Window.ending(self.week, 7))

    @property
    def summary(self) -> str:
        """How many accounts have which colour."""
        return names(f"{word} {count}" for _band, word, count in self.shares if count)

    @property
    def absent_names(self) -> str:
        return names(account.name for account in self.absent[:ACCOUNTS])


def accounts_of(subscription: Subscription) -> list[SellerAccount]:
    """The accounts in a subscription that its recipient may see at this moment, and no others."""
    visible = SellerAccount.objects.visible_to(subscription.user)
    if not subscription.every_account:
        visible = visible.filter(pk__in=subscription.accounts.values("pk"))
    return list(visible.order_by("name", "key"))


def letter(subscription: Subscription, accounts: Sequence[SellerAccount], week: date) -> Letter | None:
    """The mail of a week; None where none of the accounts has published it."""
    with translation.override(subscription.language):
        weeks = weeks_by(accounts, week)
        if not weeks:
            return None
        content = _content(subscription, accounts, weeks, week)
        context = {"mail": content}
        return Letter(
            subject=_subject(content, weeks),
            text=render_to_string("mail/weekly.txt", context),
            html=render_to_string("mail/weekly.html", context),
            accounts=len(weeks),
            is_changed=any(one.is_changed for one in weeks),
        )


def message(subscription: Subscription, delivery: Delivery, ready: Letter) -> EmailMultiAlternatives:
    """The mail with its headers. Its ID is the delivery's: one that is sent again after a crash is the same mail."""
    host = urlsplit(settings.PUBLIC_URL).hostname
    mail = EmailMultiAlternatives(
        subject=ready.subject,
        body=ready.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[subscription.user.email],
        headers={
            "Message-ID": f"<report-{delivery.pk}-{delivery.due_at:%Y%m%d%H%M}@{host}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{unsubscribe_url(subscription)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # https://www.rfc-editor.org/rfc/rfc8058
        },
    )
    mail.attach_alternative(ready.html, "text/html")
    return mail


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def unsubscribe_url(subscription: Subscription) -> str:
    """An address that ends this subscription and can do nothing else; it stays valid."""
    return absolute(reverse("unsubscribe", args=[signing.Signer(salt=SALT).sign(str(subscription.pk))]))


def subscription_of(token: str) -> Subscription | None:
    """The subscription that a signed address names; None for an address that is not ours, or when it is gone."""
    try:
        number = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Subscription.objects.filter(pk=number).first()


def _content(
    subscription: Subscription, accounts: Sequence[SellerAccount], weeks: Sequence[Week], week: date
) -> Content:
    told = [Section(Told(one)) for one in weeks]
    bands = [one.score.reading.band for one in weeks]
    words_of = {band: words.COLOURS[band] for band in WORST_FIRST} | {Band.NONE: _("No score")}
    with_report = {one.account.id for one in weeks}
    only = told[0].url if len(accounts) == 1 else absolute(reverse("report", args=[week]))
    return Content(
        week=week,
        sections=told[:ACCOUNTS],
        hidden=max(0, len(told) - ACCOUNTS),
        shares=[(band, words_of[band], bands.count(band)) for band in WORST_FIRST],
        absent=[account for account in accounts if account.id not in with_report],
        url=only,
        settings_url=absolute(reverse("subscriptions")),
        unsubscribe_url=unsubscribe_url(subscription),
        language=subscription.language,
    )


def _subject(content: Content, weeks: Sequence[Week]) -> str:
    """What matters, before the mail is opened."""
    red = sum(bool(one.count(Band.RED)) for one in weeks)
    if len(weeks) == 1:
        score = content.sections[0].told.score
        return _("%(account)s, week to %(day)s: score %(score)s (%(word)s)") % {
            "account": " ".join(weeks[0].account.name.split()),  # a header has one line
            "day": words.long_day(weeks[0].ends_on),
            "score": score.shown,
            "word": score.word,
        }
    return ngettext(
        "Week to %(day)s: %(red)d of %(all)d accounts has red figures",
        "Week to %(day)s: %(red)d of %(all)d accounts have red figures",
        red,
    ) % {"day": words.long_day(content.week), "red": red, "all": len(weeks)}
