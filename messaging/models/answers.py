"""The buyers' survey answers."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messaging.choices import Standing, SurveyKind
from messaging.models.conversations import Conversation
from sellers.facts import SourceRow, source_constraint


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
