"""Letters behind a time: those of the account's own zone come first, because the same letters mean several zones."""

import pytest

from intake.readers.times import read_moment


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-11-20 10:00:00 CST", "Asia/Shanghai", "2026-11-20T02:00:00+00:00"),
        ("2026-11-20 10:00:00 CST", "America/Chicago", "2026-11-20T16:00:00+00:00"),
        ("2026-11-20 10:00:00 CST", "Europe/Berlin", "2026-11-20T16:00:00+00:00"),
        # The hour that occurs twice on 1 November 2026: the letters tell which is meant.
        ("2026-11-01 01:30:00 CDT", "America/Chicago", "2026-11-01T06:30:00+00:00"),
        ("2026-11-01 01:30:00 CST", "America/Chicago", "2026-11-01T07:30:00+00:00"),
    ],
)
def test_letters_mean_the_accounts_own_zone_where_it_uses_them(text: str, zone: str, moment: str) -> None:
    found, warning = read_moment(text, zone)
    assert (found.isoformat(), warning) == (moment, None)
