"""What came in, kept verbatim and sealed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
