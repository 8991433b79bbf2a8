from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("Data in")

    def ready(self) -> None:
        from intake import switches  # noqa: F401  # importing connects it; models must be loaded first
