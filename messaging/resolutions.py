"""When a conversation was resolved, opened again and resolved for good, worked out from what happened in it. Pure.

Resolved means that its status was set so; a second "resolved" in a row is ignored. It is open again when its status is
set back, or when the buyer writes a message that needs an answer. A later message of the seller, and a buyer's "thanks"
that needs no answer, change nothing. Closing a conversation that is not resolved ends it unsolved; closing a resolved
one only files it.

Source: https://support.zendesk.com/hc/en-us/articles/4408834848154 (first and full resolution, reopens).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from messaging.choices import OneTouch, Outcome
from messaging.turns import Event, Kind

LASTING = timedelta(days=7)  # a resolve that holds so long needed no second touch


@dataclass(slots=True)
class Course:
    """What became of a conversation, as of everything known about it."""

    outcome: Outcome = Outcome.OPEN  # open, resolved or closed
    first_resolved_at: datetime | None = None
    last_resolved_at: datetime | None = None
    ended_at: datetime | None = None  # the last resolve, or close of what was not resolved
    resolutions: int = 0
    reopens: int = 0
    human_replies: int = 0  # since the buyer's first message
    replies_before_resolve: int = 0  # of a person, before the last resolve
    reopens_before_resolve: int = 0
    reopened_at: datetime | None = None  # the first time after the last resolve

    def resolve(self, at: datetime) -> None:
        if self.outcome == Outcome.RESOLVED:
            return
        self.outcome = Outcome.RESOLVED
        self.first_resolved_at = self.first_resolved_at or at
        self.last_resolved_at = self.ended_at = at
        self.resolutions += 1
        self.replies_before_resolve = self.human_replies
        self.reopens_before_resolve = self.reopens
        self.reopened_at = None

    def close(self, at: datetime) -> None:
        if self.outcome == Outcome.OPEN:
            self.outcome, self.ended_at = Outcome.CLOSED, at

    def reopen(self, at: datetime) -> None:
        if self.outcome == Outcome.RESOLVED:
            self.reopens += 1
            self.reopened_at = self.reopened_at or at
        self.outcome = Outcome.OPEN

    def believe(self, reopens: int, open_now: bool) -> None:
        """Take over what a source without a history says: how often it was opened again, and whether it is open now.

        Messages may show neither. What is open although it was resolved has been opened again, nobody knows when.
        """
        if open_now and self.outcome == Outcome.RESOLVED:
            reopens = max(reopens, self.reopens + 1)
        if reopens > self.reopens:
            self.reopens = self.reopens_before_resolve = reopens
        if open_now:
            self.outcome = Outcome.OPEN


def read_course(events: Iterable[Event]) -> Course:
    """Walk a conversation in the order of time and note where it was resolved, closed and opened again."""
    course = Course()
    asked = False  # what a person sends before the buyer has written is no reply
    for event in sorted(events, key=Event.sort_key):
        asked = asked or event.kind in (Kind.BUYER, Kind.BUYER_MARKED)
        match event.kind:
            case Kind.HUMAN if asked:
                course.human_replies += 1
            case Kind.RESOLVED:
                course.resolve(event.at)
            case Kind.CLOSED:
                course.close(event.at)
            case Kind.BUYER | Kind.OPENED:
                course.reopen(event.at)
            case _:
                pass
    return course


def resolution_seconds(course: Course, first_buyer_at: datetime | None) -> tuple[int | None, int | None]:
    """Seconds from the buyer's first message to the first resolve, and to the last one while it holds.

    None where no buyer had written before; the second also while the conversation is open again or closed unsolved.
    """
    last = course.last_resolved_at if course.outcome == Outcome.RESOLVED else None
    return _seconds(first_buyer_at, course.first_resolved_at), _seconds(first_buyer_at, last)


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None or end < start else int((end - start).total_seconds())


def one_touch(course: Course, now: datetime) -> OneTouch | None:
    """Whether the last resolve took exactly one reply of a person and held for seven days; None: never resolved.

    Opened again after exactly seven days is still "within".
    """
    if course.last_resolved_at is None:
        return None
    held_until = course.last_resolved_at + LASTING
    again = course.reopened_at is not None and course.reopened_at <= held_until
    if course.replies_before_resolve != 1 or course.reopens_before_resolve or again:
        return OneTouch.NO
    return OneTouch.WAITING if now <= held_until else OneTouch.YES
