"""What one run gave, and the promises it is held to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.faults.report import Struck, median, percentile
from bench.faults.watch import Sample
from bench.faults.writers import Request
from bench.results import Figure

BACK_GRACE_SECONDS = 1.0


@dataclass
class Outcome:
    """Everything that was seen. Moments are seconds since the epoch."""

    start: float
    first_blow: float
    last_over: float  # when the last fault was over
    requests: list[Request]
    samples: list[Sample]
    back_at: list[float]  # when the database answered again
    broker_spans: list[tuple[float, float]]  # while Redis was down or frozen
    rows: list[Struck]
    facts: int
    doubles: int
    quarantined: int
    counted: dict[str, int]
    differences: int  # that the product's own proof found
    set_aside: int
    drained_seconds: float | None  # after the last fault was over; None: not within the time it had
    restarts: list[str]
    trouble: list[str]  # of the supervisor or of a writer
    worker_errors: list[str]  # lines of the log later than the grace after the database came back
    database: str
    small_disk: dict[str, int] = field(default_factory=dict)
    small_disk_way: str = ""

    def late_failures(self) -> list[Request]:
        """Requests that failed though the database had been back for a second, and nothing else had been struck."""
        found = []
        for back in self.back_at:
            blows = [one for one in self.rows if self.start + one.at_seconds > back]
            until = min((self.start + one.at_seconds for one in blows), default=self.requests[-1].began + 1)
            since = back + BACK_GRACE_SECONDS
            found += [one for one in self.requests if one.failed and since < one.began and one.ended < until]
        return found

    def notes(self) -> list[str]:
        notes = [
            f"The supervisor started {len(self.restarts)} processes again; nobody else started any.",
            f"Normal load before the first fault: writing requests took {median(self._calm()):.2f} s in the median, "
            f"{percentile(self._calm(), 0.95):.2f} s at most in 95 %.",
        ]
        if self.small_disk_way:
            notes.append(f"The full disk was {self.small_disk_way}; {self.small_disk['acknowledged']:,} facts of its "
                         "writers were recounted in the same way as above.")  # fmt: skip
        return notes

    def _calm(self) -> list[float]:
        return [one.seconds for one in self.requests if one.writes and one.began < self.first_blow]

    def without_broker(self) -> list[Request]:
        """Writing requests that began while Redis was down or frozen."""
        return [
            one
            for one in self.requests
            for began, over in self.broker_spans
            if one.writes and began <= one.began < over
        ]

    def slower_without_broker(self) -> float:
        """How much longer the slowest of them took than the slowest in normal load."""
        return max((one.seconds for one in self.without_broker()), default=0.0) - max(self._calm(), default=0.0)


def figures(outcome: Outcome) -> list[Figure]:
    """The promises with what was seen; each has its target."""
    seen = outcome.counted
    ages = outcome.samples
    calm = [one.age_seconds for one in ages if one.age_seconds is not None and one.at < outcome.first_blow]
    after = [one.age_seconds for one in ages if one.age_seconds is not None and one.at >= outcome.last_over]
    unhurt = outcome.without_broker()
    values: Sequence[tuple[str, str, float, str, float | None, Any]] = [
        ("facts", "facts acknowledged", outcome.facts, "", None, False),
        ("lost", "acknowledged and not stored", seen["acknowledged"] - seen["stored"], "", 0, False),
        ("double", "stored twice, or created by a repeated delivery", seen["double"] + outcome.doubles, "", 0, False),
        ("quarantined", "good rows that were set aside", outcome.quarantined, "", 0, False),
        ("wrong_rows", "days whose rows differ from the writers' log", seen["wrong_rows"], "", 0, False),
        ("wrong_days", "day totals that differ from the writers' log", seen["wrong_days"], "", 0, False),
        ("differences", "day totals that the product's proof does not confirm", outcome.differences, "", 0, False),
        ("set_aside", "days or work set aside", outcome.set_aside, "", 0, False),
        ("normal_age", "age of the oldest mark in normal load, 95 %", percentile(calm, 0.95), "s", 10, False),
        ("age_after", "oldest mark after the last fault was over", max(after, default=0.0), "s", 60, False),
        ("drained", "nothing waits any more, after the last fault and the last write", outcome.drained_seconds
         if outcome.drained_seconds is not None else 9999.0, "s", 60, False),
        ("late_errors", "requests failed later than 1 s after PostgreSQL was back", len(outcome.late_failures()), "", 0,
         False),
        ("late_log", "errors logged later than 1 s after PostgreSQL was back", len(outcome.worker_errors), "", 0,
         False),
        ("broker_failed", "ingest requests failed while Redis was down or frozen", sum(one.failed for one in unhurt),
         "", 0, False),
        ("broker_slow", "slowest ingest while Redis was down or frozen, beyond the slowest in normal load",
         max(0.0, outcome.slower_without_broker()), "s", 1, False),
        ("wrong_answers", "requests answered by anything but 200, 409, 429, 503 or a cut connection", sum(
            one.outcome not in {"200", "409", "429", "503"} and not one.outcome.startswith("cut")
            for one in outcome.requests), "", 0, False),
        ("by_hand", "things that somebody had to start again", len(outcome.trouble), "", 0, False),
    ]  # fmt: skip
    found = [
        Figure(
            name=name,
            what=what,
            value=round(value, 2),
            unit=unit,
            target=target,
            at_least=more,
            command="script/faults",
        )
        for name, what, value, unit, target, more in values
    ]
    if outcome.small_disk:
        small = outcome.small_disk
        wrong = small["acknowledged"] - small["stored"], small["double"], small["wrong_rows"], small["wrong_days"]
        found.append(
            Figure(
                name="small_disk", what="full disk under SQLite: facts lost or double, days wrong, differences",
                value=sum(map(abs, wrong)) + small["differences"] + small["errors"], target=0, command="script/faults",
            )
        )  # fmt: skip
    return found
