"""Scores: read once a week, and carried over weeks with too few rows."""

from datetime import date, timedelta
from typing import NamedTuple

from kpis.figures import Reading, State
from kpis.loaded import Loaded, window_on
from kpis.metrics import Metric, Rule, Score, Window
from kpis.series import LatestShareSeries
from sellers.days import WEEK
from sellers.models import SellerAccount


class Own(NamedTuple):
    """The score of a week that had enough rows."""

    week: date  # its last day
    window: Window
    hits: int
    n: int


class ScoreSeries(LatestShareSeries):
    """A week with too few rows shows the score of the last one that had enough."""

    metric: Score

    def __init__(self, span: Loaded, metric: Metric, account: SellerAccount) -> None:
        super().__init__(span, metric, account)
        self._newest_own: dict[date, Own | None] = {}

    def on(self, day: date) -> Reading:
        own = super().on(day)
        if own.n >= own.rule.minimum:
            return own
        carried = self._newest(own.window.last + timedelta(days=own.rule.lag) - WEEK)
        return own if carried is None else self._carry(own, carried)

    def shown(self, day: date) -> tuple[Window, Rule]:
        window, rule = super().shown(day)
        _hits, n = self._rows.latest(window)
        carried = None if n >= rule.minimum else self._newest(window.last + timedelta(days=rule.lag) - WEEK)
        return window if carried is None else carried.window, rule

    def _newest(self, week: date) -> Own | None:
        """The newest score up to a week. Carrying has no age limit, so each week is looked at once and remembered."""
        history = self.span.all_rows(self.metric, self.account)
        least = min(rule.minimum for rule in self.rules.rules)
        reach = timedelta(days=max(rule.lag + rule.days for rule in self.rules.rules) - 1)
        thin = []
        while week not in self._newest_own:
            # Thin weeks are the rule where a score is carried: those too thin for any rule are passed over.
            begin = history.begin(week, least)
            if begin is None:
                self._newest_own[week] = None
                break
            if week - reach > begin:
                thin.append(week)
                week -= -((begin + reach - week) // WEEK) * WEEK
                continue
            rule = self.rules.on(week)
            window = window_on(self.metric, self.account, week, rule)
            hits, n = history.latest(window)
            if n >= rule.minimum:
                self._newest_own[week] = Own(week, window, hits, n)
                break
            thin.append(week)
            week -= WEEK
        found = self._newest_own[week]
        self._newest_own |= dict.fromkeys(thin, found)
        return found

    def _carry(self, thin: Reading, own: Own) -> Reading:
        """An earlier week's score, judged by the rule of the week that shows it."""
        value = self.metric.value(own.hits, own.n)
        complete_until, awaits_until = self._lacking(thin.window.last)
        return Reading(
            metric=self.metric,
            account=self.account,
            rule=thin.rule,
            window=own.window,
            value=value,
            numerator=own.hits,
            denominator=own.n,
            n=own.n,
            state=State.CARRIED,
            band=self.metric.judge(value, thin.rule),
            carried_from=own.week,
            counted_now=thin.n,
            complete_until=complete_until,
            awaits_until=awaits_until,
        )
