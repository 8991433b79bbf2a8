"""Dated switches in the console: which rule holds from which day on."""

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sellers.admin.followed import SLOW, DatedForm, FollowedAdmin
from sellers.dated_switches import Switch, choices_of
from sellers.models import SwitchChange
from sellers.repair import WHY


class SwitchForm(DatedForm):
    """A switch and its value as one choice, so that none can be given a value of another."""

    unseen: ClassVar[set[str]] = {"account", "name"}

    choice = forms.ChoiceField(
        label=_("Switch"),
        help_text=_("Orders follow it from the day they were placed, turns from the day they opened."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [self.instance.name] if self.instance.pk else Switch.values
        field = self.fields["choice"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                *([] if self.instance.pk else [("", "---------")]),
                *((_chosen(name, value), _said(name, word)) for name in names for value, word in choices_of(name)),
            ]
        if self.instance.pk:
            self.initial.setdefault("choice", _chosen(self.instance.name, self.instance.value))

    def _get_validation_exclusions(self) -> set[str]:
        """Without a valid choice there is no name to be checked."""
        return super()._get_validation_exclusions() | (set() if "choice" in self.cleaned_data else {"name"})

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("choice"):
            self.instance.name, self.instance.value = json.loads(given["choice"])
        return given


def _said(name: str, word: str) -> str:
    return f"{capfirst(Switch(name).label)}: {word}"


def _chosen(name: str, value: Any) -> str:
    return json.dumps([name, value])


@admin.register(SwitchChange)
class SwitchChangeAdmin(FollowedAdmin):
    """Rules that hold from a day on; rows of earlier days keep theirs."""

    form = SwitchForm
    list_display = ("whose", "valid_from", "name", "value_said")
    list_display_links = ("valid_from",)
    list_filter = ("name",)
    ordering = ("-valid_from", "-id")
    fieldsets: ClassVar[Any] = ((None, {"fields": ["account", "choice", "valid_from"], "description": SLOW}), WHY)

    def names(self, row: Any) -> set[str]:
        return {row.name}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ["account", "name", "value_said", "valid_from"]}),)
        return super().get_fieldsets(request, obj)

    @admin.display(description=_("value"))
    def value_said(self, change: SwitchChange) -> str:
        return change.word
