"""A month of a shop, taken in as files: every figure is the one that was worked out on paper."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.conf import settings
from django.core.management import call_command

from kpis.breakdowns import breakdown
from kpis.catalogue import METRICS
from kpis.metrics import Share, Side, Tally, Times
from kpis.models import RuleChange
from kpis.proof import prove
from kpis.readings import State, readings
from kpis.rows import Only
from kpis.sweep import sweep
from sellers.calendars import BusinessCalendar, Holiday
from tests.behind import counts
from tests.makers import make_account

pytestmark = pytest.mark.django_db

FOLDER = settings.BASE_DIR / "tests" / "data" / "mixed_month"
NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
ON = date(2026, 3, 31)
OPEN = {str(day): [["09:00", "17:00"]] for day in range(5)}


def paper():
    """The table of the README: slug -> its cells."""
    lines = (FOLDER / "README.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in rows}


PAPER = paper()


@pytest.fixture(params=["desk first", "shop first"])
def shop(request):
    account = make_account("month", marketplace="DE", time_zone="Europe/Berlin", handling_days=2)
    BusinessCalendar.objects.create(account=account, valid_from=date(2026, 1, 1), windows=OPEN)
    Holiday.objects.create(account=account, day=date(2026, 3, 9), name="Stocktaking")
    files = sorted(FOLDER.glob("*.jsonl"), reverse=request.param == "shop first")
    call_command("ingest", *map(str, files), account="month", now=NOW.isoformat())
    sweep(NOW)
    return account


def exact(text):
    return None if text == "unknown" else Fraction(text)


def whole(text):
    return None if text == "-" else int(text)


def test_every_figure_of_the_month_is_what_the_paper_says(shop):
    found = {reading.metric.slug: reading for reading in readings(shop, ON)}
    said = {
        slug: (found[slug].value, found[slug].numerator, found[slug].denominator, found[slug].band.value)
        for slug in PAPER
    }
    expected = {
        slug: (exact(value), whole(numerator), whole(denominator), band)
        for slug, (value, numerator, denominator, band, *_rest) in PAPER.items()
    }
    assert len(expected) > 60
    assert said == expected


def test_the_rows_behind_each_figure_are_those_on_paper(shop):
    said, expected = {}, {}
    for slug, (*_figure, hits, others, left_out, _working) in PAPER.items():
        sides = counts(readings(shop, ON, [METRICS[slug]])[0])
        expected[slug] = [whole(hits), whole(others), whole(left_out)]
        said[slug] = [None if there is None else sides[side] for side, there in zip(Side, expected[slug], strict=True)]
    assert said == expected


def test_conversations_are_told_apart_by_channel(shop):
    reading = readings(shop, ON, [METRICS["conversations_by_channel"]])[0]
    found = {one.value: one.n for one in breakdown(reading)}
    assert found == {"email": 12, "live_chat": 1, "amazon_message": 1, "line": 1, "phone": 1}


def test_every_value_of_every_breakdown_leads_to_exactly_its_rows(shop):
    told = 0
    for reading in readings(shop, ON):
        for column in reading.metric.splits:
            found = breakdown(reading, column)
            told += len(found)
            for one in (one for one in found if one.value is not None):
                sides = counts(reading, Only(column, one.value))
                assert sides[Side.FOR] + sides[Side.AGAINST] == one.rows, (reading.metric.slug, column.split, one)
                assert one.n == one.rows or counts_no_rows(reading.metric), (reading.metric.slug, column.split, one)
                if isinstance(reading.metric, Share) and not reading.metric.weight:
                    assert sides[Side.FOR] == one.hits
            whole = counts(reading)
            assert sum(one.rows for one in found) == whole[Side.FOR] + whole[Side.AGAINST]
    assert told > 200  # 44 metrics, most of them by channel, topic and agent


def counts_no_rows(metric):
    """Whether a figure counts units, conversations or times resolved instead of rows."""
    summed = isinstance(metric, Tally) and metric.column
    return bool(getattr(metric, "weight", "") or (isinstance(metric, Times) and metric.per) or summed)


def test_what_is_still_open_on_the_first_of_april_makes_its_figures_provisional(shop):
    states = {reading.metric.slug: reading.state for reading in readings(shop, ON)}
    assert states["late_response_rate"] is State.PROVISIONAL, "c13 is eleven hours old"
    assert states["order_defect_rate"] is State.COMPUTED
    assert states["customer_service_score"] is State.TOO_FEW


def test_a_rule_that_asks_for_fewer_answers_gives_the_score(shop):
    RuleChange.objects.create(
        account=shop, metric="customer_service_score", valid_from=date(2026, 3, 1), minimum=5, limit=Decimal(5)
    )
    reading = readings(shop, ON, [METRICS["customer_service_score"]])[0]
    # Six of eight on a scale of ten is 7.5: yellow between 5 and 8.
    assert (reading.display, reading.band, reading.to_goal) == ("7.5", "yellow", 2)


def test_the_proof_of_the_night_finds_nothing(shop):
    assert prove(NOW, [shop], days=None) == []
