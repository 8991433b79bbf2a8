"""The words that conversations, messages, turns and survey answers are sorted by."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConversationStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PENDING = "pending", _("Pending")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    SPAM = "spam", _("Spam")


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class Author(models.TextChoices):
    BUYER = "buyer", _("Buyer")
    AGENT = "agent", _("Agent")
    BOT = "bot", _("Bot")
    SYSTEM = "system", _("System")


class Direction(models.TextChoices):
    INBOUND = "inbound", _("Inbound")
    OUTBOUND = "outbound", _("Outbound")
    INTERNAL = "internal", _("Internal")


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal note")


class SurveyKind(models.TextChoices):
    SOLVED = "solved", _("Did this solve your problem?")
    CSAT = "csat", _("Satisfaction rating")
    THUMBS = "thumbs", _("Thumbs up or down")
    OTHER = "other", _("Other")


class Reply(models.IntegerChoices):
    """How a buyer's message or turn was answered, against 24 hours of elapsed time."""

    NOT_NEEDED = 0, _("No reply needed")
    PENDING = 1, _("Waiting, not due yet")
    ON_TIME = 2, _("Answered within 24 hours")
    LATE = 3, _("Answered after 24 hours")
    NONE = 4, _("Not answered within 24 hours")
    DELETED = 5, _("Deleted at the source")
    EXCLUDED = 6, _("Excluded by a person")
    SPAM = 7, _("Marked as spam")


# The same verdicts against the target that a turn was opened with.
TARGET_REPLIES = (
    (Reply.PENDING, _("Waiting, not due yet")),
    (Reply.ON_TIME, _("Answered within the target")),
    (Reply.LATE, _("Answered after the target")),
    (Reply.NONE, _("Not answered within the target")),
)


class Standing(models.IntegerChoices):
    """Whether a survey answer may count at all; which of a conversation's answers counts depends on the window."""

    COUNTS = 0, _("Counts")
    UNANSWERED = 1, _("Offered, not answered")
    SELLER_STARTED = 2, _("No message of the buyer came before")
    DELETED = 3, _("Deleted at the source")
    EXCLUDED = 4, _("Excluded by a person")


class Outcome(models.IntegerChoices):
    """Where a conversation has come to; all but the first three are counted nowhere."""

    OPEN = 0, _("Open")
    RESOLVED = 1, _("Resolved")
    CLOSED = 2, _("Closed unsolved")
    SPAM = 3, _("Marked as spam")
    MERGED = 4, _("Merged into another conversation")
    DELETED = 5, _("Deleted at the source")
    EXCLUDED = 6, _("Excluded by a person")


class OneTouch(models.IntegerChoices):
    """Whether the last resolve needed one human reply only and lasted for seven days."""

    NO = 0, _("No")
    WAITING = 1, _("Resolved less than 7 days ago")
    YES = 2, _("Yes")
