"""Moments from PostgreSQL are what they were when they were stored."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.utils import DataError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def read(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05 10:00:00+00", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05 10:00:00.120000+08", datetime(2026, 1, 5, 2, 0, 0, 120000, tzinfo=UTC)),
        ("2026-01-05 10:00:00.000001-03:30", datetime(2026, 1, 5, 13, 30, 0, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_exactly_and_in_utc(text: str, moment: datetime) -> None:
    found = read(text)
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("text", ["infinity", "10000-01-01 00:00:00+00", "0044-03-15 12:00:00+00 BC"])
def test_what_no_datetime_holds_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        read(text)


def test_a_new_connection_reads_so_at_once() -> None:
    loader = connection.connection.adapters.get_loader(1184, 0)
    assert loader is not None
    assert loader.__name__ == "MomentLoader"
