"""Rows that were set aside, each with its reason and its text."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode
from intake.models.raw import RawItem


class RejectedRow(models.Model):
    """A row that could not be taken in: why, where it stands, and its text. Retrying never deletes it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Taken in later")
        DISMISSED = "dismissed", _("Dismissed")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    raw_item = models.ForeignKey(RawItem, models.CASCADE, verbose_name=_("raw item"), related_name="rejected")
    pointer = models.CharField(_("place"), max_length=120, help_text=_("Line of a file, or index in a batch."))
    row_text = models.TextField(_("row"), help_text=_("As it arrived."))
    fixed_text = models.TextField(_("row as repaired"), blank=True)
    context = models.JSONField(
        _("context"), default=dict, help_text=_("Format, header, system and time of observation of the delivery.")
    )
    code = models.CharField(_("reason"), max_length=24, choices=ErrorCode.choices)
    field = models.CharField(_("field"), max_length=120, blank=True)
    message = models.CharField(_("details"), max_length=500, blank=True)
    message_kept = models.JSONField(null=True, editable=False)  # to say it in other languages (intake/sentences.py)
    record_type = models.CharField(_("record type"), max_length=24, blank=True)
    external_id = models.CharField(_("external ID"), max_length=255, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    # Asked for by a person and left to the worker, when there are too many to try at once.
    retry_asked_at = models.DateTimeField(_("retry asked at"), null=True, editable=False)
    retry_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        ordering = ["id"]
        constraints = [
            # Reading the same file again finds the same bad rows; they are not set aside twice.
            models.UniqueConstraint(fields=["raw_item", "pointer"], name="rejected_row_once"),
            models.CheckConstraint(condition=Q(code__in=ErrorCode.values), name="rejected_row_code"),
        ]
        indexes = [
            models.Index(fields=["account", "id"], condition=Q(state="open"), name="rejected_row_open"),
            models.Index(fields=["id"], condition=Q(retry_asked_at__isnull=False), name="rejected_row_retry"),
        ]

    def __str__(self) -> str:
        return f"{self.pointer}: {self.code}"
