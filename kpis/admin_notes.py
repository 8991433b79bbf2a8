"""Notes in the console, for whoever looks after several accounts. People write them on the pages of an account."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kpis.catalogue import DECLARED
from sellers.models import Note
from sellers.repair import WHY, ReasonedAdmin, ReasonModelForm


class NoteForm(ReasonModelForm):
    """A note, about one metric of the catalogue or about the whole account."""

    metric = forms.ChoiceField(label=_("Metric"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "metric" in self.fields:  # who may only look is shown no field
            choices = [("", _("The whole account")), *((metric.slug, metric.title) for metric in DECLARED)]
            self.fields["metric"].choices = choices  # type: ignore[attr-defined]  # a field of choices


@admin.register(Note)
class NoteAdmin(ReasonedAdmin):
    """What people noted, by the day it began."""

    form = NoteForm
    list_display = ("account", "starts_on", "ends_on", "kind", "title", "metric", "author")
    list_display_links = ("title",)
    list_filter = ("kind",)
    list_select_related = ("account", "author")
    autocomplete_fields = ("account",)
    readonly_fields = ("author", "created_at")
    found_by = ("title",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ["account", "kind", "title", "text", "starts_on", "ends_on", "people", "metric"]}),
        (None, {"fields": ["author", "created_at"]}),
        WHY,
    )

    def save_model(self, request: HttpRequest, obj: Note, form: Any, change: bool) -> None:
        if not change:
            obj.author = request.user  # type: ignore[assignment]  # signed in
        super().save_model(request, obj, form, change)
