from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SellersConfig(AppConfig):
    name = "sellers"
    verbose_name = _("Seller accounts")

    def ready(self) -> None:
        from sellers import among, audit  # noqa: F401  # models must be loaded first

        audit.register()
