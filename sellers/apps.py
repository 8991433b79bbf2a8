from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SellersConfig(AppConfig):
    name = "sellers"
    verbose_name = _("Seller accounts")

    def ready(self) -> None:
        from sellers import among, audit, changes  # noqa: F401  # models must be loaded first

        audit.register()
        post_migrate.connect(changes.watch, sender=self)
