"""The weekly customer-service score: its worked cases by hand."""

from datetime import date

import pytest

from kpis.catalogue import METRICS
from kpis.metrics import Band
from kpis.readings import readings
from kpis.sweep import sweep
from tests.makers import NOW, make_account, make_answers

pytestmark = pytest.mark.django_db

SCORE = METRICS["customer_service_score"]
SUNDAY = date(2026, 1, 18)  # the week that starts on Monday 19 January is read on this day


def score(account, on=SUNDAY):
    sweep(NOW)
    return readings(account, on, [SCORE])[0]


def test_36_of_45_is_8_0_and_green():
    account = make_account()
    make_answers(account, 36, 9, last="2026-01-18 20:00")
    reading = score(account)
    assert (reading.display, reading.band, reading.n, reading.state) == ("8.0", Band.GREEN, 45, "computed")


def test_159_of_200_prints_7_9_and_is_yellow():
    account = make_account()
    make_answers(account, 159, 41, last="2026-01-18 20:00")
    reading = score(account)
    assert (reading.display, reading.band) == ("7.9", Band.YELLOW)


def test_119_of_200_prints_5_9_and_is_red():
    account = make_account()
    make_answers(account, 119, 81, last="2026-01-18 20:00")
    reading = score(account)
    assert (reading.display, reading.band) == ("5.9", Band.RED)
