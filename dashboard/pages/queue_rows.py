"""What one line of the reply queue says: a wait, a return request, a group, an hour ahead."""

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashboard import clocks, words
from dashboard.pages.conversation import language as tag
from kpis.metrics import Text
from kpis.queue import OVERDUE, Group, Wait
from kpis.return_queue import Request
from messaging.models import Channel, ConversationStatus, Priority

TITLES: dict[Group, Text] = {
    Group.LATE: _("Late, over 24 hours"),
    Group.MISSED: _("Over the target"),
    Group.SOON: _("Under 4 hours left"),
    Group.TODAY: _("4 to 12 hours left"),
    Group.LATER: _("More than 12 hours left"),
}
COLOURS = {Group.LATE: "red", Group.MISSED: "red", Group.SOON: "red", Group.TODAY: "yellow", Group.LATER: "calm"}
SIGNS = {Group.LATE: "s-red", Group.MISSED: "s-red", Group.SOON: "clock", Group.TODAY: "s-yellow", Group.LATER: "clock"}
CHANNELS = dict(Channel.choices)
PRIORITIES = dict(Priority.choices)
LIMIT_SECONDS = 86_400
BAR = 56  # the height of the tallest hour


@dataclass(frozen=True)
class Row:
    """One wait, in words."""

    wait: Wait
    may_write: bool

    @property
    def place(self) -> str:
        return words.place(self.wait.account)

    @property
    def colour(self) -> str:
        return COLOURS[self.wait.group]

    @property
    def is_over(self) -> bool:
        return self.wait.group in OVERDUE

    @property
    def left(self) -> str:
        return clocks.left(self.wait.left)

    @property
    def part_left(self) -> int:
        """Of the time allowed, in hundredths; never so small that nobody sees it."""
        span = self.wait.deadline - self.wait.opened_at
        return max(3, min(100, round(100 * (self.wait.left / span)))) if span and not self.is_over else 100

    @property
    def due(self) -> str:
        return clocks.due(self.wait.deadline, self.wait.account.zone)

    @property
    def zone(self) -> str:
        return clocks.zone_at(self.wait.deadline, self.wait.account.zone)

    @property
    def opened(self) -> str:
        return clocks.due(self.wait.opened_at, self.wait.account.zone)

    @property
    def target(self) -> str:
        """What the account allows, where that is not the 24 hours."""
        return "" if self.wait.target_seconds == LIMIT_SECONDS else clocks.allowed(self.wait.target_seconds)

    @property
    def limit(self) -> str:
        """When the 24 hours end."""
        return clocks.due(self.wait.due_at, self.wait.account.zone)

    @property
    def url(self) -> str:
        """Where it is answered; nothing where that is unknown, or no address of the web."""
        return self.wait.url if self.wait.url.startswith(("https://", "http://")) else ""

    @property
    def lang(self) -> str:
        return tag(self.wait.language)

    @property
    def title(self) -> str:
        return self.wait.subject or self.wait.topic or self.wait.conversation

    @property
    def tags(self) -> list[str]:
        """Channel, topic, language; the priority, where there is a special one; and that the case is over.

        A case that was resolved without an answer waits on: for its buyer nothing has changed.
        """
        said = [str(CHANNELS.get(self.wait.channel, self.wait.channel))]
        if self.wait.topic and self.wait.subject:
            said.append(self.wait.topic)
        if self.wait.language:
            said.append(clocks.language(self.wait.language))
        if self.wait.priority and self.wait.priority != Priority.NORMAL:
            said.append(gettext("%(priority)s priority") % {"priority": PRIORITIES[Priority(self.wait.priority)]})
        if self.wait.status in (ConversationStatus.RESOLVED, ConversationStatus.CLOSED):
            said.append(str(ConversationStatus(self.wait.status).label))
        return said


@dataclass(frozen=True)
class Part:
    """A group with its count; choosing the chosen one again takes the choice away."""

    group: Group
    count: int
    href: str
    is_chosen: bool

    @property
    def title(self) -> Text:
        return TITLES[self.group]

    @property
    def colour(self) -> str:
        return COLOURS[self.group]

    @property
    def sign(self) -> str:
        return SIGNS[self.group]


@dataclass(frozen=True)
class Hour:
    """One bar of the hours ahead."""

    begins: str
    ends: str
    count: int
    colour: str
    height: int
    is_named: bool

    @property
    def top(self) -> int:
        return BAR - self.height


@dataclass(frozen=True)
class RequestRow:
    """A return request, in words."""

    request: Request

    @property
    def place(self) -> str:
        return words.place(self.request.account)

    @property
    def left(self) -> str:
        return clocks.left(self.request.due_at - self.request.now)

    @property
    def colour(self) -> str:
        seconds = self.request.seconds_left
        return "red" if seconds < 4 * clocks.HOUR else "yellow" if seconds < 12 * clocks.HOUR else "calm"

    @property
    def due(self) -> str:
        return clocks.due(self.request.due_at, self.request.account.zone)

    @property
    def zone(self) -> str:
        return clocks.zone_at(self.request.due_at, self.request.account.zone)
