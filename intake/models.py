"""What came in: raw items kept verbatim, import runs, rows set aside, answered batches, early notices. And what
people changed over it: corrections, and conflicts with what sources say later."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode


class RawKind(models.TextChoices):
    FILE = "file", _("File")
    API_BATCH = "api_batch", _("Batch through the API")


class RawItem(models.Model):
    """Something as it arrived, stored before anybody reads it. The bytes lie sealed in its chunks."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Arriving")
        STORED = "stored", _("Stored")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    kind = models.CharField(_("kind"), max_length=16, choices=RawKind.choices)
    system = models.CharField(_("system"), max_length=32, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    media_type = models.CharField(_("media type"), max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(_("bytes"), default=0)
    received_at = models.DateTimeField(
        _("received at"), help_text=_("Also the version of what it says, so that reading it again changes nothing.")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVING)

    class Meta:
        verbose_name = _("raw item")
        verbose_name_plural = _("raw items")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "sha256"],
                condition=Q(kind=RawKind.FILE, state="stored"),
                name="raw_file_once",
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="raw_item_size"),
        ]
        # Uploads that broke off are looked for at every new one.
        indexes = [models.Index(fields=["received_at"], condition=Q(state="receiving"), name="raw_item_receiving")]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.pk}"


class RawChunk(models.Model):
    """One piece of a raw item, at most a mebibyte before packing: compressed, then sealed."""

    item = models.ForeignKey(RawItem, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a raw item")
        verbose_name_plural = _("pieces of raw items")
        constraints = [models.UniqueConstraint(fields=["item", "position"], name="raw_chunk_once")]

    def __str__(self) -> str:
        return f"{self.item_id} #{self.position}"


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


class Connection(models.Model):
    """A mailbox that is read for an account. Its password lies sealed, and nobody is shown it again."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        NEEDS_ATTENTION = "attention", _("Needs attention")

    account = models.ForeignKey("sellers.SellerAccount", models.CASCADE, verbose_name=_("account"), related_name="+")
    name = models.CharField(_("name"), max_length=120)
    host = models.CharField(_("server"), max_length=253, help_text=_("For example imap.example.com."))
    port = models.PositiveIntegerField(_("port"), default=993)
    user = models.CharField(_("user"), max_length=254)
    folders = models.JSONField(_("folders"), default=list, help_text=_("The inbox, and the folder of sent mails."))
    since = models.DateField(_("from"), help_text=_("Older mails are not read."))
    secret = models.BinaryField(editable=False)
    secret_hint = models.CharField(_("end of the password"), max_length=4, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["account", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "host", "user"], name="connection_once"),
            models.CheckConstraint(condition=Q(port__gte=1, port__lte=65535), name="connection_port"),
        ]

    def __str__(self) -> str:
        return self.name


class StreamState(models.Model):
    """How far one folder of a connection has been read, and how it went."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="streams")
    stream = models.CharField(_("folder"), max_length=255)
    cursor = models.JSONField(default=dict, help_text=_("The folder's UIDVALIDITY, and the last UID that was read."))
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField(_("next run"))
    last_success_at = models.DateTimeField(_("last success"), null=True)
    newest_at = models.DateTimeField(_("newest mail"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error_code = models.CharField(_("kind of failure"), max_length=16, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="stream_once")]
        indexes = [models.Index(fields=["next_run_at"], name="stream_next_run")]

    def __str__(self) -> str:
        return self.stream


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


class DeleteNotice(models.Model):
    """What is known of a record that was not reported yet, such as its deletion; it waits for the record."""

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    record_type = models.CharField(_("record type"), max_length=24)
    system = models.CharField(_("system"), max_length=32)
    external_id = models.CharField(_("external ID"), max_length=255)
    stated = models.JSONField(default=dict)
    values = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("early notice")
        verbose_name_plural = _("early notices")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "record_type", "system", "external_id"], name="delete_notice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.system}:{self.external_id}"


class MailClue(models.Model):
    """What a mail told about its thread: for copies of answers, which name no thread themselves.

    Of every mail of a thread its clues are kept, of a copy also itself, sealed, as long as its place may change: where
    it lies depends on all mails of the account, in whatever order they arrive.
    """

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    system = models.CharField(_("system"), max_length=32)
    message_external_id = models.CharField(_("message ID"), max_length=255)
    kind = models.CharField(_("kind"), max_length=8)
    conversation_external_id = models.CharField(_("conversation ID"), max_length=255, blank=True)
    sent_at = models.DateTimeField(_("sent at"))
    token = models.CharField(max_length=80, blank=True)
    order_external_id = models.CharField(_("order ID"), max_length=255, blank=True)
    name_key = models.CharField(max_length=64, blank=True, help_text=_("Keyed hash of the buyer's name."))
    text_key = models.CharField(max_length=64, blank=True, help_text=_("Keyed hash of what was written."))
    # Of a copy: where it came from, and itself.
    raw_item = models.ForeignKey(RawItem, models.SET_NULL, null=True, related_name="+", verbose_name=_("raw item"))
    pointer = models.CharField(_("place"), max_length=120, blank=True)
    sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("clue of a mail")
        verbose_name_plural = _("clues of mails")
        constraints = [
            models.UniqueConstraint(fields=["account", "system", "message_external_id"], name="mail_clue_once")
        ]
        indexes = [
            models.Index(fields=["account", "token"], condition=~Q(token=""), name="mail_clue_token"),
            models.Index(
                fields=["account", "order_external_id"], condition=~Q(order_external_id=""), name="mail_clue_order"
            ),
            models.Index(fields=["account", "name_key", "sent_at"], condition=~Q(name_key=""), name="mail_clue_name"),
            models.Index(
                fields=["account", "conversation_external_id"],
                condition=Q(kind__in=["copy", "reply"]),
                name="mail_clue_thread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_external_id}"


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
