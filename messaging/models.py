"""Conversations, their messages, the turns in which buyers wait, and the buyers' survey answers."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import (
    TARGET_REPLIES,
    Author,
    ConversationStatus,
    Direction,
    OneTouch,
    Outcome,
    Priority,
    Reply,
    Standing,
    SurveyKind,
    Visibility,
)
from messaging.targets import ResponseTarget
from sellers.channels import Channel
from sellers.facts import DatedRow, SourceRow, source_constraint

__all__ = [
    "Agent",
    "Author",
    "Channel",
    "Conversation",
    "ConversationStatus",
    "Direction",
    "Message",
    "MessageBody",
    "OneTouch",
    "Outcome",
    "Priority",
    "Reply",
    "ResponseTarget",
    "Standing",
    "SurveyAnswer",
    "SurveyKind",
    "Turn",
    "Visibility",
]


class Agent(models.Model):
    """A person who answers, as one system names them."""

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    system = models.CharField(_("system"), max_length=32)
    external_id = models.CharField(_("external ID"), max_length=255)
    name = models.CharField(_("name"), max_length=120, blank=True)
    # When the name was stated, in milliseconds since 1970: the newest name stands, in whatever order messages arrive.
    name_version = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = [source_constraint("agent")]

    def __str__(self) -> str:
        return self.name or self.external_id


class Conversation(SourceRow):
    """A thread with one buyer. A stub (no channel stated yet) stands in until the thread itself is reported."""

    days = {
        "day": "opened_moment",
        "first_resolved_day": "first_resolved_at",
        "resolved_day": "last_resolved_at",
        "ended_day": "ended_at",
    }
    facts = {
        "conversations": "day",
        "first_resolutions": "first_resolved_day",
        "resolutions": "resolved_day",
        "endings": "ended_day",
    }
    derived = (
        "day", "first_message_at", "buyer_started", "outcome", "first_resolved_at", "first_resolved_day",
        "last_resolved_at", "resolved_day", "ended_at", "ended_day", "first_resolution_seconds",
        "full_resolution_seconds", "resolutions", "reopens", "human_replies", "handovers", "handover_seconds",
        "one_touch",
    )  # fmt: skip

    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices, default=Channel.OTHER)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=8, choices=ConversationStatus.choices, default=ConversationStatus.OPEN
    )
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    reopened_count = models.PositiveIntegerField(_("times reopened"), null=True, blank=True)
    status_events = models.JSONField(_("status changes"), default=list, blank=True)
    priority = models.CharField(_("priority"), max_length=8, choices=Priority.choices, blank=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    url = models.URLField(_("address on the platform"), max_length=500, blank=True)
    order_external_ids = models.JSONField(_("order IDs"), default=list, blank=True)
    buyer_key = models.CharField(_("buyer key"), max_length=64, blank=True)
    assignee_external_id = models.CharField(_("assignee's ID"), max_length=255, blank=True)
    assignee_name = models.CharField(_("assignee"), max_length=120, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("merged into"),
        db_index=False,
        help_text=_("Its messages and answers belong to that conversation."),
    )

    day = models.DateField(_("day"), null=True, editable=False)
    first_message_at = models.DateTimeField(_("first message at"), null=True, editable=False)
    buyer_started = models.BooleanField(_("started by the buyer"), null=True, editable=False)
    outcome = models.PositiveSmallIntegerField(
        _("outcome"), choices=Outcome.choices, default=Outcome.OPEN, editable=False
    )
    # The first time it was set to resolved; the last time, kept when it is opened again; the last resolve or close.
    first_resolved_at = models.DateTimeField(_("first resolved at"), null=True, editable=False)
    first_resolved_day = models.DateField(_("day first resolved"), null=True, editable=False)
    last_resolved_at = models.DateTimeField(_("last resolved at"), null=True, editable=False)
    resolved_day = models.DateField(_("day resolved"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)
    ended_day = models.DateField(_("day ended"), null=True, editable=False)
    first_resolution_seconds = models.PositiveIntegerField(_("seconds until first resolved"), null=True, editable=False)
    full_resolution_seconds = models.PositiveIntegerField(_("seconds until resolved"), null=True, editable=False)
    resolutions = models.PositiveIntegerField(_("times resolved"), default=0, editable=False)
    reopens = models.PositiveIntegerField(_("times opened again"), default=0, editable=False)
    human_replies = models.PositiveIntegerField(_("replies by a person"), default=0, editable=False)
    handovers = models.PositiveIntegerField(
        _("hand-overs"),
        default=0,
        editable=False,
        help_text=_("Answers by another person than the one before."),
    )
    handover_seconds = models.PositiveIntegerField(_("seconds waited in hand-overs"), default=0, editable=False)
    one_touch = models.PositiveSmallIntegerField(
        _("solved with one reply"), choices=OneTouch.choices, null=True, editable=False
    )

    class Meta(SourceRow.Meta):
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            source_constraint("conversation"),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(opened_at=None) | Q(resolved_at__gte=F("opened_at")),
                name="conversation_resolved_after_opened",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(opened_at=None) | Q(closed_at__gte=F("opened_at")),
                name="conversation_closed_after_opened",
            ),
        ]
        indexes = [
            # Day totals are counted from these alone, each by the day its figures belong to.
            models.Index(
                fields=["account", "day"],
                include=["outcome", "channel", "human_replies", "handovers", "handover_seconds"],
                name="conversation_by_day",
            ),
            models.Index(
                fields=["account", "first_resolved_day"],
                include=["outcome", "first_resolution_seconds"],
                condition=Q(first_resolved_day__isnull=False),
                name="conversation_first_resolved",
            ),
            models.Index(
                fields=["account", "resolved_day"],
                include=["outcome", "full_resolution_seconds", "resolutions", "reopens", "one_touch"],
                condition=Q(resolved_day__isnull=False),
                name="conversation_resolved",
            ),
            models.Index(
                fields=["account", "ended_day"],
                include=["outcome"],
                condition=Q(ended_day__isnull=False),
                name="conversation_ended",
            ),
            # What was merged into a conversation is found whenever that one changes; few ever are.
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="conversation_merged_into"
            ),
            # Seven quiet days are found without reading history.
            models.Index(
                fields=["account", "last_resolved_at"],
                condition=Q(one_touch=OneTouch.WAITING),
                name="conversation_one_touch",
            ),
        ]

    @property
    def opened_moment(self) -> datetime | None:
        return self.opened_at or self.first_message_at


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
            models.Index(fields=["account", "due_at"], condition=Q(target_reply=Reply.PENDING), name="turn_due"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.opened_at:%Y-%m-%d %H:%M}"


class SurveyAnswer(SourceRow):
    """One answer to a survey, never overwritten by a later answer: which one counts is the metric's business."""

    days = {"day": "answered_at", "asked_day": "asked_at"}
    facts = {"answers": "day", "surveys": "asked_day"}
    derived = ("day", "asked_day", "standing", "satisfied", "thread_key", "order_key")

    kind = models.CharField(_("survey"), max_length=8, choices=SurveyKind.choices)
    conversation = models.ForeignKey(
        Conversation, models.RESTRICT, null=True, blank=True, related_name="answers", verbose_name=_("conversation")
    )
    message_external_id = models.CharField(_("message ID"), max_length=255, blank=True)
    order_external_id = models.CharField(_("order ID"), max_length=255, blank=True)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    solved = models.BooleanField(_("solved"), null=True, blank=True)
    value_number = models.DecimalField(_("rating"), max_digits=7, decimal_places=2, null=True, blank=True)
    scale_min = models.DecimalField(_("lowest rating"), max_digits=7, decimal_places=2, null=True, blank=True)
    scale_max = models.DecimalField(_("highest rating"), max_digits=7, decimal_places=2, null=True, blank=True)
    value_raw = models.CharField(_("answer as written"), max_length=255, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    question_id = models.CharField(_("question ID"), max_length=255, blank=True)
    agent_external_id = models.CharField(_("agent's ID"), max_length=255, blank=True)

    day = models.DateField(_("day"), null=True, editable=False)
    asked_day = models.DateField(_("day asked"), null=True, editable=False)
    satisfied = models.BooleanField(
        _("satisfied"),
        null=True,
        editable=False,
        help_text=_("At or above three quarters of its scale, or “yes”; unknown without a scale."),
    )
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=Standing.choices, default=Standing.COUNTS, editable=False
    )
    thread_key = models.CharField(
        _("conversation key"),
        max_length=270,
        editable=False,
        help_text=_("Answers with the same key are one conversation's; the latest counts."),
    )
    order_key = models.CharField(
        _("order key"),
        max_length=270,
        editable=False,
        help_text=_("Answers with the same key are one order's; the latest counts."),
    )

    class Meta(SourceRow.Meta):
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        constraints = [
            source_constraint("answer"),
            models.CheckConstraint(
                condition=Q(asked_at=None) | Q(answered_at=None) | Q(answered_at__gte=F("asked_at")),
                name="answer_after_question",
            ),
            models.CheckConstraint(
                condition=Q(value_number=None)
                | Q(value_number__gte=F("scale_min"), value_number__lte=F("scale_max"), scale_max__gt=F("scale_min")),
                name="answer_in_scale",
            ),
            models.CheckConstraint(
                condition=~Q(kind=SurveyKind.SOLVED) | Q(answered_at=None) | Q(solved__isnull=False),
                name="answer_yes_or_no",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "day"],
                include=["kind", "standing", "solved", "satisfied", "thread_key"],
                name="answer_by_day",
            ),
            models.Index(
                fields=["account", "asked_day"],
                include=["kind", "standing"],
                condition=Q(asked_day__isnull=False),
                name="answer_by_day_asked",
            ),
            # "Is there a later answer of the same conversation or order?"
            models.Index(fields=["account", "thread_key", "answered_at"], name="answer_thread"),
            models.Index(fields=["account", "order_key", "answered_at"], name="answer_order"),
            # The answers that hang on a message, whichever of them arrived first.
            models.Index(fields=["account", "message_external_id"], name="answer_message"),
        ]
