"""Imports of files, what a look at a file found, mappings of columns, and answered batches: each with its counts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models.connections import Connection
from intake.models.raw import RawItem


class Counts(models.Model):
    """What became of the rows of one delivery: received = created + updated + unchanged + stale + quarantined."""

    NAMES = ("received", "created", "updated", "unchanged", "stale", "quarantined")

    received = models.PositiveBigIntegerField(_("received"), default=0)
    created = models.PositiveBigIntegerField(_("created"), default=0)
    updated = models.PositiveBigIntegerField(_("updated"), default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0)
    stale = models.PositiveBigIntegerField(_("older than what is stored"), default=0)
    quarantined = models.PositiveBigIntegerField(_("set aside"), default=0)

    class Meta:
        abstract = True

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.NAMES}


def counts_add_up(name: str) -> models.CheckConstraint:
    parts = models.F("created") + models.F("updated") + models.F("unchanged") + models.F("stale")
    return models.CheckConstraint(condition=Q(received=parts + models.F("quarantined")), name=f"{name}_counts_add_up")


class ImportRun(Counts):
    """One reading of one raw file: how far it is, and what became of its rows."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being looked at")
        READY = "ready", _("Waits for your decision")
        DISCARDED = "discarded", _("Discarded")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    raw_item = models.ForeignKey(RawItem, models.CASCADE, verbose_name=_("raw item"), related_name="runs")
    name = models.CharField(_("name"), max_length=255, blank=True)
    source = models.CharField(_("format"), max_length=40, blank=True, help_text=_("Empty: recognised by content."))
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, related_name="runs", verbose_name=_("connection")
    )
    profile = models.ForeignKey(
        "intake.ImportProfile", models.SET_NULL, null=True, related_name="+", verbose_name=_("mapping")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    warnings = models.JSONField(_("warnings"), default=dict, help_text=_("How often each warning occurred."))
    bytes_done = models.BigIntegerField(_("bytes read"), default=0)
    rows_done = models.BigIntegerField(_("rows done"), default=0)
    rows_total = models.BigIntegerField(
        _("rows in all"), null=True, help_text=_("Known when the whole file was looked at before.")
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)
    error_kept = models.JSONField(null=True, editable=False)  # to say it in other languages (intake/sentences.py)
    worker = models.CharField(_("worker"), max_length=64, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("brought in by")
    )
    # Keys of the accounts that what is in it may go to at most: those its sender could write when it was sent; null:
    # there was no sender, it came from the command line.
    within = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [counts_add_up("import_run")]
        indexes = [
            models.Index(fields=["account", "-id"], name="import_run_newest"),  # the imports page
            # What a worker may take, without reading history.
            models.Index(fields=["id"], condition=Q(state__in=["queued", "running"]), name="import_run_open"),
            models.Index(fields=["id"], condition=Q(state="checking"), name="import_run_checking"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.raw_item_id} ({self.state})"


class ImportCheck(models.Model):
    """What a worker found when it looked at a file before its import: sealed, because it shows rows of the file."""

    run = models.OneToOneField(ImportRun, models.CASCADE, primary_key=True, related_name="check_found")
    sealed = models.BinaryField()
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("check of an import")
        verbose_name_plural = _("checks of imports")

    def __str__(self) -> str:
        return str(self.run_id)


class ImportProfile(models.Model):
    """What the columns of a table mean, as a person said once; the next table with this header is read the same way."""

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    name = models.CharField(_("name"), max_length=120)
    fingerprint = models.CharField(max_length=64, help_text=_("Digest of the header."))
    mapping = models.JSONField(_("mapping"), default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        constraints = [models.UniqueConstraint(fields=["account", "fingerprint"], name="import_profile_once")]

    def __str__(self) -> str:
        return self.name


class BatchReceipt(Counts):
    """A batch through the API and the answer it got: the same batch again gets the same answer."""

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    owner = models.CharField(_("sender"), max_length=80, help_text=_("The token, or the person, that sent it."))
    batch_id = models.CharField(_("batch ID"), max_length=255)
    body_sha256 = models.CharField(max_length=64)
    raw_item = models.ForeignKey(RawItem, models.CASCADE, verbose_name=_("raw item"), related_name="+")
    answer = models.JSONField(_("answer"), null=True)
    started_at = models.DateTimeField(_("started at"))
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["owner", "batch_id"], name="batch_once"),
            counts_add_up("batch"),
        ]

    def __str__(self) -> str:
        return self.batch_id
