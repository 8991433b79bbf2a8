from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from messaging import switches  # noqa: F401  # importing connects it; models must be loaded first
        from messaging.models import Agent, ResponseTarget

        auditlog.register(ResponseTarget)
        auditlog.register(Agent, include_fields=["user"])  # who sees what; names come with every import
