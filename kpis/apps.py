from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KpisConfig(AppConfig):
    name = "kpis"
    verbose_name = _("Figures")

    def ready(self) -> None:
        from kpis import checks  # noqa: F401  # importing registers the checks; models must be loaded first
