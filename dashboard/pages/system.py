"""The system health page: is everything counted, alive, proved and complete?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from dashboard import words
from dashboard.arrived import Line, lines, moment_at
from dashboard.pages.shell import UTC_ZONE
from kpis.catalogue import FACTS
from kpis.completeness import completeness
from kpis.freshness import Freshness, Health, health
from kpis.metrics import Text
from kpis.models import AccountFailure, DayFailure, ProofDifference, ProofRun
from kpis.units import NO_VALUE
from sellers.models import SellerAccount
from sellers.repair import ReasonForm

SHOWN = 50


@dataclass(frozen=True)
class Shop:
    """One account: its counting, its newest proof, its data."""

    account: SellerAccount
    fresh: Freshness
    proof: ProofRun | None
    lines: list[Line]

    @property
    def newest_day(self) -> str:
        return NO_VALUE if self.fresh.newest_day is None else words.long_day(self.fresh.newest_day)

    @property
    def counted(self) -> str:
        return moment_at(self.fresh.counted_at, self.account)

    @property
    def proved(self) -> str:
        return moment_at(None if self.proof is None else self.proof.started_at, self.account)


@dataclass(frozen=True)
class Found:
    """A difference that a proof found."""

    difference: ProofDifference

    @property
    def fact(self) -> Text:
        slug = self.difference.fact
        return FACTS[slug].title if slug in FACTS else slug

    @property
    def day(self) -> str:
        return words.long_day(self.difference.day)

    @property
    def stored(self) -> str:
        return NO_VALUE if self.difference.stored is None else str(self.difference.stored)

    @property
    def counted(self) -> str:
        return NO_VALUE if self.difference.counted is None else str(self.difference.counted)

    @property
    def healed(self) -> str:
        return moment_at(self.difference.healed_at, self.difference.account) if self.difference.healed_at else ""


@dataclass(frozen=True)
class Aside:
    """A day, or other work on an account, that was set aside."""

    failure: DayFailure | AccountFailure

    @property
    def account(self) -> SellerAccount:
        return self.failure.account

    @property
    def work(self) -> Text:
        if isinstance(self.failure, AccountFailure):
            return self.failure.get_work_display()
        return FACTS[self.failure.fact].title if self.failure.fact in FACTS else self.failure.fact

    @property
    def day(self) -> str:
        return words.long_day(self.failure.day) if isinstance(self.failure, DayFailure) else NO_VALUE

    @property
    def tried(self) -> str:
        return moment_at(self.failure.failed_at, self.account)


@dataclass(frozen=True)
class SystemPage:
    """Everything the page shows."""

    health: Health
    page: Page  # of the accounts, those with most days waiting first
    shops: list[Shop]
    aside: list[Aside]
    form: ReasonForm  # why what is set aside is tried again
    found: list[Found]

    @property
    def beat(self) -> str:
        at = self.health.worker_beat_at
        return "" if at is None else words.moment(at, UTC_ZONE)

    @property
    def proved(self) -> str:
        at = self.health.proofs.proved_at
        return "" if at is None else words.moment(at, UTC_ZONE)


def system_page(accounts: Sequence[SellerAccount], form: ReasonForm, number: str, now: datetime) -> SystemPage:
    """The state of these accounts, in a constant number of queries; one page of them with their data."""
    state, ids = health(accounts, now), [account.id for account in accounts]
    page = Paginator(sorted(accounts, key=lambda one: -state.accounts[one.key].waiting), SHOWN).get_page(number)
    arrived = completeness(list(page))
    aside = [
        failure
        for kind in (AccountFailure, DayFailure)
        for failure in kind.set_aside()
        .filter(account__among=ids)
        .select_related("account")
        .order_by("-failed_at")[:SHOWN]
    ]
    return SystemPage(
        health=state,
        page=page,
        shops=[
            Shop(
                account,
                state.accounts[account.key],
                state.proofs.runs.get(account.id),
                lines(account, list(arrived[account.id].values())),
            )
            for account in page
        ],
        aside=[Aside(failure) for failure in aside],
        form=form,
        found=[Found(difference) for difference in state.proofs.differences],
    )
