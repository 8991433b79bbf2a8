from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("Data in")

    def ready(self) -> None:
        from auditlog.registry import auditlog  # all of these need models, which are loaded by now

        from intake import switches  # noqa: F401  # importing connects it
        from intake.models import Connection, Correction

        said = ["account", "name", "host", "port", "user", "folders", "since", "state", "secret_hint"]
        auditlog.register(Connection, include_fields=said)
        auditlog.register(Correction, include_fields=["state", "kind", "case_number"])
