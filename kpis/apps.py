from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KpisConfig(AppConfig):
    name = "kpis"
    verbose_name = _("Figures")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from kpis import checks  # noqa: F401  # importing registers the checks; models must be loaded first
        from kpis.models import RuleChange

        auditlog.register(
            RuleChange,
            include_fields=["account", "metric", "valid_from", "days", "lag", "minimum", "limit", "goal"],
        )
