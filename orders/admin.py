"""Handling times in the console: how long which article takes to leave, from which day on."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from orders.handling import HandlingTime
from orders.switches import HANDLING_TIMES
from sellers.admin.followed import SLOW, DatedForm, FollowedAdmin
from sellers.repair import WHY


@admin.register(HandlingTime)
class HandlingTimeAdmin(FollowedAdmin):
    """What an order's ship date is worked out from where no source states it; older orders keep theirs."""

    form = DatedForm
    list_display = ("whose", "sku_said", "days", "valid_from")
    list_display_links = ("sku_said",)
    ordering = ("account", "sku", "-valid_from")
    found_by = ("sku",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["account", "sku", "days", "valid_from"], "description": SLOW}),
        WHY,
    )

    def names(self, row: Any) -> set[str]:
        return {HANDLING_TIMES}

    @admin.display(description="SKU")
    def sku_said(self, row: HandlingTime) -> Any:
        return row.sku or _("Every article")
