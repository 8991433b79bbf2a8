"""What people changed over what came in, and where a source later says something else."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Correction(models.Model):
    """What a person changed about a row over what its sources say: proposed, then applied, and perhaps undone."""

    class Kind(models.TextChoices):
        VALUES = "values", _("Change values")
        EXCLUDE = "exclude", _("Exclude from the figures")
        NO_REPLY_NEEDED = "no_reply_needed", _("No reply needed")
        MERGE = "merge", _("Merge into another conversation")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Applied")
        UNDONE = "undone", _("Undone")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    record_type = models.CharField(_("record type"), max_length=24)
    system = models.CharField(_("system"), max_length=32)
    external_id = models.CharField(_("external ID"), max_length=255)
    row_id = models.BigIntegerField(_("row"))
    before = models.JSONField(_("before"), default=dict, help_text=_("By field, as deliveries write it."))
    after = models.JSONField(_("after"), default=dict)
    # Fields whose source was believed later: this correction speaks for them no longer.
    released = models.JSONField(_("given back to the source"), default=list)
    reason = models.CharField(_("reason"), max_length=500)
    case_number = models.CharField(
        _("case number"), max_length=120, blank=True, help_text=_("For example of the platform's case.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("applied by")
    )
    applied_at = models.DateTimeField(_("applied at"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("undone or withdrawn by")
    )
    ended_at = models.DateTimeField(_("undone or withdrawn at"), null=True)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="proposed", applied_at=None, ended_at=None)
                | Q(state="applied", applied_at__isnull=False, ended_at=None)
                | Q(state="undone", applied_at__isnull=False, ended_at__isnull=False)
                | Q(state="withdrawn", applied_at=None, ended_at__isnull=False),
                name="correction_state_with_moments",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="correction_newest"),  # the corrections page
            # What still holds of a row, when one of its corrections is undone.
            models.Index(
                fields=["account", "record_type", "row_id"], condition=Q(state="applied"), name="correction_applied"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.system}:{self.external_id} ({self.state})"


class Conflict(models.Model):
    """A source says something new about a field that a person has corrected; a person decides which of them stands."""

    class Decision(models.TextChoices):
        KEPT = "kept", _("The correction stays")
        TAKEN = "taken", _("The source's value was taken")
        AGREED = "agreed", _("The source came to agree")
        UNDONE = "undone", _("The correction was undone")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    record_type = models.CharField(_("record type"), max_length=24)
    system = models.CharField(_("system"), max_length=32)
    external_id = models.CharField(_("external ID"), max_length=255)
    row_id = models.BigIntegerField(_("row"))
    field = models.CharField(_("field"), max_length=80)
    pinned = models.JSONField(_("as corrected"), null=True)
    said = models.JSONField(_("as the source says"), null=True)
    raw_item_id = models.BigIntegerField(_("raw item"), null=True)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "record_type", "row_id", "field"],
                condition=Q(closed_at=None),
                name="conflict_open_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, decision="") | Q(closed_at__isnull=False) & ~Q(decision=""),
                name="conflict_closed_with_decision",
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], condition=Q(closed_at=None), name="conflict_open")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.system}:{self.external_id} {self.field}"
