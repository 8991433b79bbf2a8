"""What came before the row it speaks of: deletions, and clues to the thread of a mail."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models.raw import RawItem


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
