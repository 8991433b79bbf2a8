"""Messages, their texts, and the turns in which buyers wait."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import TARGET_REPLIES, Author, Direction, Priority, Reply, Visibility
from messaging.models.conversations import Agent, Conversation
from sellers.channels import Channel
from sellers.facts import DatedRow, SourceRow, source_constraint


class Message(SourceRow):
    """One message. The text lives in `MessageBody`, so that counting reads thin rows."""

    days = {"day": "sent_at"}
    facts = {"contacts": "day"}
    derived = ("day", "reply", "reply_seconds", "replied_by")

    conversation = models.ForeignKey(
        Conversation, models.RESTRICT, related_name="messages", verbose_name=_("conversation"), db_index=False
    )
    sent_at = models.DateTimeField(_("sent at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    author_kind = models.CharField(_("author"), max_length=8, choices=Author.choices)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    visibility = models.CharField(_("visibility"), max_length=8, choices=Visibility.choices, default=Visibility.PUBLIC)
    automatic = models.BooleanField(_("automatic"), default=False)
    automatic_reason = models.CharField(_("why automatic"), max_length=16, blank=True)
    needs_reply = models.BooleanField(
        _("needs a reply"), null=True, blank=True, help_text=_("Unknown means: worked out from the message itself.")
    )
    needs_reply_source = models.CharField(_("who said so"), max_length=8, blank=True)
    agent = models.ForeignKey(
        Agent, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name=_("agent"), db_index=False
    )

    day = models.DateField(_("day"), editable=False)
    reply = models.PositiveSmallIntegerField(
        _("reply"), choices=Reply.choices, default=Reply.NOT_NEEDED, editable=False
    )
    reply_seconds = models.PositiveIntegerField(_("seconds until the reply"), null=True, editable=False)
    replied_by = models.ForeignKey(
        Agent,
        models.RESTRICT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("answered by"),
        db_index=False,
    )

    class Meta(SourceRow.Meta):
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            source_constraint("message"),
            models.CheckConstraint(
                condition=Q(reply__in=[Reply.ON_TIME, Reply.LATE], reply_seconds__gte=0)
                | ~Q(reply__in=[Reply.ON_TIME, Reply.LATE]) & Q(reply_seconds=None),
                name="message_seconds_with_reply",
            ),
        ]
        indexes = [
            # Turns are derived from a conversation's messages in order; a conversation that goes finds what holds it.
            models.Index(fields=["conversation", "sent_at"], name="message_thread"),
            # Counting contacts by day reads only the buyers' messages, from the index alone.
            models.Index(
                fields=["account", "day"],
                include=["reply", "reply_seconds"],
                condition=Q(author_kind=Author.BUYER),
                name="message_contacts",
            ),
            # Passed deadlines are found without reading history.
            models.Index(fields=["account", "sent_at"], condition=Q(reply=Reply.PENDING), name="message_pending"),
        ]

    @property
    def waits(self) -> bool:
        """Whether this message asks for an answer: stated by the source or a person, else worked out (connectors)."""
        if self.deleted_at is not None or self.excluded or self.author_kind != Author.BUYER:
            return False
        if self.needs_reply is not None:
            return self.needs_reply
        return self.direction == Direction.INBOUND and self.visibility == Visibility.PUBLIC and not self.automatic


class MessageBody(models.Model):
    """What a message says; kept apart because figures never read it and retention may empty it."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="body")
    text = models.TextField(_("text"), blank=True)
    chars = models.PositiveIntegerField(_("characters in the original"), default=0)
    truncated = models.BooleanField(_("cut"), default=False)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)

    class Meta:
        verbose_name = _("message text")
        verbose_name_plural = _("message texts")

    def __str__(self) -> str:
        return str(self.message_id)


class Turn(DatedRow):
    """A stretch in which a buyer waits: from the earliest unanswered message to the first human reply. All derived."""

    days = {"day": "opened_at"}
    facts = {"turns": "day"}
    derived = (
        "conversation", "opening", "opened_at", "day", "replied_at", "reply", "reply_seconds",
        "first", "channel", "topic", "agent", "priority", "target_seconds", "due_at", "target_reply",
        "business_seconds", "acknowledged_seconds", "handed_over",
    )  # fmt: skip

    conversation = models.ForeignKey(
        Conversation, models.RESTRICT, related_name="turns", verbose_name=_("conversation"), editable=False
    )
    opening = models.OneToOneField(
        Message, models.RESTRICT, related_name="turn", verbose_name=_("opening message"), editable=False
    )
    opened_at = models.DateTimeField(_("opened at"), editable=False)
    replied_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    reply = models.PositiveSmallIntegerField(_("reply"), choices=Reply.choices, editable=False)
    reply_seconds = models.PositiveIntegerField(_("seconds until the reply"), null=True, editable=False)
    first = models.BooleanField(
        _("first turn"),
        default=False,
        editable=False,
        help_text=_("The first turn of a conversation the buyer started."),
    )
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices, editable=False)
    topic = models.CharField(_("topic"), max_length=80, blank=True, editable=False)
    agent = models.ForeignKey(
        Agent,
        models.RESTRICT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("answered by"),
        db_index=False,
    )
    priority = models.CharField(_("priority"), max_length=8, choices=Priority.choices, blank=True, editable=False)
    target_seconds = models.PositiveIntegerField(
        _("seconds allowed"), editable=False, help_text=_("The target in force on the day the turn opened.")
    )
    due_at = models.DateTimeField(_("due at"), editable=False)
    target_reply = models.PositiveSmallIntegerField(
        _("reply against the target"), choices=TARGET_REPLIES, editable=False
    )
    business_seconds = models.PositiveIntegerField(
        _("business seconds until the reply"),
        null=True,
        editable=False,
        help_text=_("Within business hours; unknown without a calendar."),
    )
    acknowledged_seconds = models.PositiveIntegerField(
        _("seconds until any response"),
        null=True,
        editable=False,
        help_text=_("In first turns, until the first response of any kind: a person's, a bot's or an automatic one."),
    )
    handed_over = models.BooleanField(
        _("handed over"),
        default=False,
        editable=False,
        help_text=_("Answered by another person than the turn before."),
    )
    day = models.DateField(_("day"), editable=False)

    class Meta(DatedRow.Meta):
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [
            models.CheckConstraint(
                condition=Q(reply__in=[Reply.ON_TIME, Reply.LATE], reply_seconds__gte=0, replied_at__gte=F("opened_at"))
                | Q(reply__in=[Reply.PENDING, Reply.NONE], reply_seconds=None, replied_at=None),
                name="turn_seconds_with_reply",
            ),
            models.CheckConstraint(
                condition=Q(target_reply__in=[Reply.ON_TIME, Reply.LATE], replied_at__isnull=False)
                | Q(target_reply__in=[Reply.PENDING, Reply.NONE], replied_at=None),
                name="turn_target_with_reply",
            ),
        ]
        indexes = [
            # Day totals and exact percentiles are read from this index alone.
            models.Index(
                fields=["account", "day"],
                include=[
                    "reply",
                    "reply_seconds",
                    "first",
                    "target_reply",
                    "business_seconds",
                    "acknowledged_seconds",
                    "conversation",
                ],
                name="turn_by_day",
            ),
            models.Index(fields=["account", "opened_at"], condition=Q(reply=Reply.PENDING), name="turn_pending"),
            # The reply queue: who waits, however long ago the turn opened.
            models.Index(fields=["account", "day"], condition=Q(replied_at=None), name="turn_unanswered"),
            models.Index(fields=["account", "due_at"], condition=Q(target_reply=Reply.PENDING), name="turn_due"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.opened_at:%Y-%m-%d %H:%M}"
