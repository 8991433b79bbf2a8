from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from messaging import switches  # noqa: F401  # importing connects it; models must be loaded first
        from messaging.models import ResponseTarget

        auditlog.register(ResponseTarget)
