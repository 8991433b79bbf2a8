"""Mailboxes that are read by themselves, and how far each folder was read."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
