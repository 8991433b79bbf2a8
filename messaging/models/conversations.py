"""Conversations with one buyer, and the agents who answer them."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import ConversationStatus, OneTouch, Outcome, Priority
from sellers.channels import Channel
from sellers.facts import SourceRow, source_constraint


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
    user = models.ForeignKey(
        "sellers.User",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="agents",
        verbose_name=_("user"),
        help_text=_("Who signs in as this person and may see the figures credited to them. Only staff can say so."),
    )

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
            # People look conversations up by the beginning of an ID; the operator classes serve PostgreSQL's LIKE.
            models.Index(
                fields=["account", "external_id"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="conversation_by_external_id",
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
