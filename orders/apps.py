from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from orders import switches  # noqa: F401  # importing connects it; models must be loaded first
        from orders.models import HandlingTime

        auditlog.register(HandlingTime, include_fields=["account", "sku", "days", "valid_from"])
