"""The console's page of response targets."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import ResponseTarget
from messaging.switches import follow_targets
from sellers.repair import WHY, ReasonedAdmin


@admin.register(ResponseTarget)
class ResponseTargetAdmin(ReasonedAdmin):
    """Times allowed for answers. A target ends with its last day; it is never taken back from the days it applied."""

    list_display = ("valid_from", "valid_until", "account", "channel", "priority", "seconds")
    list_filter = ("channel", "priority")
    list_select_related = ("account",)
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": ["account", "channel", "priority", "valid_from", "valid_until", "seconds"],
                "description": _(
                    "Of several rows that apply to a turn, the one that names more of account, priority and channel "
                    "stands; of equals, the newer one. Turns keep the target of the day on which they opened."
                ),
            },
        ),
        WHY,
    )

    def save_model(self, request: HttpRequest, obj: ResponseTarget, form: Any, change: bool) -> None:
        before = ResponseTarget.objects.filter(pk=obj.pk).first() if change else None
        super().save_model(request, obj, form, change)
        follow_targets([row for row in (before, obj) if row is not None], timezone.now())
