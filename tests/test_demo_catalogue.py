"""The sample data feeds every figure of the catalogue, so that a newcomer sees each of them alive."""

import io
import json
from datetime import UTC, date, datetime

import pytest

from intake.demo import BY_KEY, generate
from intake.demo.load import FORMAT, open_account
from intake.imports import run, store
from intake.models import ImportRun
from kpis.catalogue import METRICS
from kpis.readings import Reading, State, readings
from kpis.sweep import sweep
from sellers.days import last_complete_day
from sellers.models import SellerAccount

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)

# One account of each kind, the newest 110 days at half size: the longest windows with a limit reach 90 days back.
SHORT = {"days": 110, "scale": 0.5}
KINDS = ("demo-us", "demo-shopify")

# Figures that no account of the sample data has. None: whoever adds one says here why.
NOWHERE: dict[str, str] = {}


def bring_in(key: str) -> SellerAccount:
    """An account with its settings and the newest part of its history, brought in through the gate and counted."""
    account = open_account(BY_KEY[key], TODAY)
    lines = "\n".join(json.dumps(record) for record in generate(today=TODAY, accounts=[key], **SHORT))
    queued = store(account, f"{key}.jsonl", io.BytesIO(lines.encode()), format=FORMAT, reserve=True, now=NOON)
    done = run(queued.pk, now=NOON, worker=queued.worker)
    assert (done.state, done.quarantined, done.warnings) == (ImportRun.State.DONE, 0, {})
    while (swept := sweep(NOON, [account])).days or swept.lapsed:
        pass
    return account


def read(account: SellerAccount) -> dict[str, Reading]:
    return {one.metric.slug: one for one in readings(account, last_complete_day(NOON, account.zone))}


def test_every_metric_of_the_catalogue_has_a_value_in_some_account() -> None:
    found = [read(bring_in(key)) for key in KINDS]

    empty = {slug for slug in METRICS if all(one[slug].value is None for one in found)}
    assert empty == set(NOWHERE)


def test_an_account_with_gaps_says_what_to_import() -> None:
    """Wattle Bay Baby has brought in messages, answers and orders, and nothing else yet."""
    found = read(bring_in("demo-au"))

    assert BY_KEY["demo-au"].never == {"return", "feedback", "policy_violation", "platform_metric"}
    missing = {slug for slug, one in found.items() if one.needs}
    assert missing >= {"feedback_rating", "return_dissatisfaction_rate", "policy_violations", "sales_amount"}
    assert missing.isdisjoint({"late_response_rate", "order_defect_rate", "cancellation_rate"})
    assert found["account_health_rating"].state == State.NOT_IMPORTABLE
