"""As known on: an account's figures as they had been published by the end of a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from dashboard import words
from kpis.catalogue import DECLARED
from kpis.metrics import Metric, Window
from kpis.published import Published, as_known
from kpis.readings import Reading
from sellers.days import moment_of
from sellers.models import SellerAccount


@dataclass(frozen=True)
class Known:
    """The newest week up to a report day, in the revision that had been published by the end of the day `on`."""

    account: SellerAccount
    on: date
    at: datetime  # the last moment of that day in the account's zone
    published: Published

    @property
    def ends_on(self) -> date:
        """The report day of its figures: the last day of the week."""
        return self.published.report.ends_on

    @property
    def today(self) -> date:
        """The day on which somebody who knew this was looking."""
        return self.on + timedelta(days=1)

    @cached_property
    def readings(self) -> list[Reading]:
        """Every metric; one that was not published then has no figure."""
        return [self.reading(metric) for metric in DECLARED]

    def reading(self, metric: Metric) -> Reading:
        found = self._by_slug.get(metric.slug)
        window = Window.ending(self.ends_on, metric.rule.days)
        return found or Reading(metric=metric, account=self.account, rule=metric.rule, window=window)

    @cached_property
    def _by_slug(self) -> dict[str, Reading]:
        return {reading.metric.slug: reading for reading in self.published.readings}

    @property
    def sentence(self) -> str:
        """What stands above figures that may have changed since."""
        return _("As known at the end of %(day)s: the week to %(week)s, as it was published on %(moment)s.") % {
            "day": words.long_day(self.on),
            "week": words.long_day(self.ends_on),
            "moment": words.moment(self.published.report.published_at, self.account.zone),
        }


def known_on(account: SellerAccount, report_day: date, day: date) -> Known | None:
    """What had been published by the end of `day`; None where nothing had."""
    at = moment_of(day, account.zone)
    published = as_known(account, report_day, at)
    return None if published is None else Known(account, day, at, published)
