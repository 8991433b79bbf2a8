"""The repair bench: find a fact, see what was reported and what follows from it, correct it with a reason."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model, QuerySet, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from intake.admin.search import by_id
from intake.admin.together import TogetherAdmin
from intake.codes import Problem
from intake.corrections import Change, CorrectionError, correct, propose
from intake.fields import Choice, Cleaning, Field, Keep
from intake.models import Correction, RawItem
from intake.repair import KINDS, repairable, state_new
from intake.sentences import told
from intake.statements import DEFAULT_SYSTEM, Statement, from_milliseconds, read_statement
from sellers.facts import SourceRow
from sellers.locks import lock_for_writing
from sellers.marks import Mark
from sellers.models import SellerAccount
from sellers.repair import ReasonedAdmin, ReasonModelForm, list_link, row_link

PREVIEW = "_preview"  # the name of the button that proposes a change instead of making it
EMPTY: tuple[Any, ...] = (None, "", [], {})
IDENTITY = ("account", "system", "external_id")
ORIGIN = ("deleted_at", "versions", "raw_item")


class FactForm(ReasonModelForm):
    """Checks what a person states by the rules of the contract; `statement` or `values` are ready when it is valid."""

    case_number = forms.CharField(
        label=_("Case number"), max_length=120, required=False, help_text=_("For example of the platform's case.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = KINDS[type(self.instance)]
        self.values: dict[str, Any] = {}
        self.statement: Statement | None = None
        self.digest = _digest(self.initial) if self.instance.pk else ""
        self.initial["seen"] = self.digest
        if not self.instance.pk:
            self.initial.setdefault("system", DEFAULT_SYSTEM)

    def clean(self) -> dict[str, Any]:
        super().clean()
        seen = self.cleaned_data.get("seen")
        if seen and seen != self.digest:
            raise ValidationError(_("This row was changed by somebody else meanwhile. Open it again to see how."))
        now = timezone.now()
        for column, field in repairable(type(self.instance)).items():
            if column in self.cleaned_data and (column in self.changed_data or not self.instance.pk):
                self._state(column, field, Cleaning(now))
        if not self.errors:
            if self.instance.pk:
                self._require_one_of()
            else:
                self._read_new(now.isoformat(), Cleaning(now))
        return self.cleaned_data

    def _state(self, column: str, field: Field, cleaning: Cleaning) -> None:
        value = self.cleaned_data[column]
        if isinstance(value, Model):
            if not self._belongs_here(value):
                self.add_error(column, _("This belongs to another account or another system."))
                return
            value = value.external_id  # type: ignore[attr-defined]  # conversations and agents have one
        if value in EMPTY and value is not False and value != 0:
            if field.required:
                self.add_error(column, _("This field is required."))
            self.values[field.name] = None
            return
        try:
            self.values[field.name] = field.clean(field.to_wire(value), cleaning)
        except Problem as problem:
            self.add_error(column, said(problem))
        except Keep:
            self.add_error(column, _("%(value)s is not a word of this list.") % {"value": value})

    def _belongs_here(self, row: Any) -> bool:
        own = self.instance if self.instance.pk else None
        account = own.account if own else self.cleaned_data.get("account")
        system = own.system if own else self.cleaned_data.get("system")
        return bool(row.account_id == getattr(account, "pk", None) and row.system == system)

    def _require_one_of(self) -> None:
        """A record needs one of several values; what the form does not show counts as it is stored."""
        names = self.kind.one_of
        stored = {name: self.cleaned_data.get(name, getattr(self.instance, name)) for name in names}
        if names and all(value in EMPTY for value in stored.values()):
            titles = ", ".join(str(self.instance._meta.get_field(name).verbose_name) for name in names)
            raise ValidationError(_("One of these is needed: %(names)s."), params={"names": titles})

    def _read_new(self, now: str, cleaning: Cleaning) -> None:
        """A new record goes through everything a delivered one does."""
        identity = {name: self.cleaned_data.get(name) for name in IDENTITY}
        if type(self.instance)._default_manager.filter(**identity).exists():
            self.add_error("external_id", _("This account already has a row with this ID from this system."))
            return
        record = {
            "type": self.kind.name,
            "system": identity["system"],
            "external_id": identity["external_id"],
            "source_updated_at": now,
            **{name: self.kind.fields[name].to_wire(value) for name, value in self.values.items() if value is not None},
        }
        try:
            self.statement = read_statement(record, cleaning=cleaning, defaults={})
        except Problem as problem:
            columns = {field.name: column for column, field in repairable(type(self.instance)).items()}
            column = columns.get(problem.field, problem.field)
            self.add_error(column if column in self.fields else None, said(problem))


def said(problem: Problem) -> str:
    """What is wrong in the reader's language, and the sentence that a sender would get, in his too."""
    return gettext("%(what)s (%(detail)s)") % {"what": problem.code.label, "detail": told(problem.message)}


def _digest(values: Mapping[str, Any]) -> str:
    """What the page showed, to notice that it is no longer so."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


class FactAdmin(TogetherAdmin, ReasonedAdmin):
    """A table of facts. Its form follows from the contract; what is worked out is shown and cannot be changed."""

    form: Any = FactForm
    date_hierarchy = "day"
    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    autocomplete_fields = ("account",)
    found_by_beginning = "external_id"
    search_help_text = _("An ID, exactly; else IDs that begin with it.")
    actions: Any = ("take_out", "put_back")
    change_form_template = "admin/fact_form.html"
    formfield_overrides: ClassVar[Any] = {URLField: {"assume_scheme": "https"}}
    shown_only: ClassVar[tuple[str, ...]] = ()  # columns of the contract that a person looks at but does not state
    more_shown: ClassVar[tuple[str, ...]] = ()  # methods of the page beside the columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("stated", "extra")

    def searches(self, term: str) -> list[list[dict[str, Any]]]:
        return by_id(self.model, term, self.found_by)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; for a change, read only after the account's other writers are done."""
        if request.method == "POST" and transaction.get_connection().in_atomic_block and object_id.isdecimal():
            account_id = self.model._base_manager.filter(pk=object_id).values_list("account_id", flat=True).first()
            if account_id is not None:
                lock_for_writing(account_id)
        return super().get_object(request, object_id, from_field)

    def _editable(self) -> list[str]:
        return [column for column in repairable(self.model) if column not in self.shown_only]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        always = (
            *self.model.derived,
            *self.shown_only,
            *self.more_shown,
            "links",
            "deleted_at",
            "versions",
            "raw_item",
        )
        return always if obj is None else (*IDENTITY, *always)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            sections: list[Any] = [
                (None, {"fields": list(IDENTITY)}),
                (_("What happened"), {"fields": self._editable()}),
            ]
        else:
            zone = format_html("{}", _("Times are UTC; days are days in %(zone)s.") % {"zone": obj.account.time_zone})
            reported = [*self._editable(), *self.shown_only, *self.more_shown]
            sections = [
                (None, {"fields": [*IDENTITY, "links"]}),
                (
                    _("As reported"),
                    {"fields": reported, "description": zone},
                ),
                (_("Worked out from it"), {"fields": list(self.model.derived)}),
                (_("Where it comes from"), {"fields": list(ORIGIN)}),
            ]
        sections.append((_("Why"), {"fields": ["reason", "case_number", "seen"]}))
        return self.for_whoever_may(request, obj, sections)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Columns for which the contract has a list of words offer that list."""
        field = repairable(self.model).get(db_field.name)
        if not isinstance(field, Choice) or db_field.choices:
            return super().formfield_for_dbfield(db_field, request, **options)
        words = [("", "---------"), *((word, word) for word in field.words)]
        return forms.ChoiceField(choices=words, required=field.required, label=capfirst(db_field.verbose_name))

    # --- What the page tells ---------------------------------------------------------------------------------------

    def related(self, row: Any) -> Iterable[SafeString | str]:
        """Links to the rows that belong to this one."""
        return ()

    @admin.display(description=_("belongs together"))
    def links(self, row: Any) -> SafeString | str:
        about = {"record_type": KINDS[self.model].name, "row_id": row.pk}
        preview = reverse("correct", args=[row.account.key, self.opts.model_name, row.pk])
        links = [
            *self.related(row),
            list_link(Correction, _("Corrections"), **about),
            format_html('<a href="{}">{}</a>', preview, _("Correct with a preview")),
        ]
        return format_html_join(" · ", "{}", ((link,) for link in links))

    @admin.display(description=_("versions of the fields"))
    def versions(self, row: Any) -> SafeString | str:
        """Which fields the newest word comes from when: an older delivery changes none of them."""
        bits = KINDS[self.model].bits.values()
        titles = {column.name: column.verbose_name for column in self.opts.fields}
        lines = [
            (
                f"{from_milliseconds(int(version)):%Y-%m-%d %H:%M:%S} UTC",
                ", ".join(
                    str(titles.get(next(iter(field.place.columns), ""), field.name))
                    for field in bits
                    if field.bit & mask
                ),
            )
            for version, mask in sorted(row.stated.items(), reverse=True)
            if version.isdigit()
        ]
        return format_html_join("", "<div>{}: {}</div>", lines) or "–"

    @admin.display(description=_("raw item"))
    def raw_item(self, row: Any) -> SafeString | str:
        return row_link(RawItem.objects.filter(pk=row.raw_item_id).first() if row.raw_item_id else None)

    @admin.display(description=_("taken out"), boolean=True)
    def out(self, row: Any) -> bool:
        return row.deleted_at is not None or row.excluded

    # --- What a person does ----------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: row and packages are one statement, made by `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        for formset in formsets:
            formset.save(commit=False)  # Django reads from it what its own log of the page says
        now, row = timezone.now(), form.instance
        newest_mark = Mark.objects.aggregate(id=Max("id"))["id"] or 0
        if change:
            try:
                self._correct(request, row, {**form.values, **self.more_values(formsets)}, form.cleaned_data)
            except CorrectionError as error:
                self.message_user(request, str(error), messages.WARNING)
                return
            if PREVIEW in request.POST:
                return
        else:
            row.pk = state_new(row.account, form.statement, now).pk
        self._tell_reach(request, row.account, newest_mark)

    def _correct(
        self, request: HttpRequest, row: SourceRow, values: Mapping[str, Any], given: Mapping[str, Any]
    ) -> None:
        """What the form changes becomes a correction of the row as it is stored."""
        fields = KINDS[self.model].bits
        said = {name: fields[name].to_wire(value) for name, value in values.items()}
        stored: Any = self.model._default_manager.select_related("account").get(pk=row.pk)
        why: dict[str, Any] = {"reason": given["reason"], "case_number": given["case_number"]}
        change = Change(Correction.Kind.VALUES, said)
        if PREVIEW in request.POST:
            why.update(by=request.user, now=timezone.now())
            self._proposed(request, propose(stored.account, stored, change, **why))
            return
        correct(stored.account, [stored], change, by=request.user, now=timezone.now(), **why)  # type: ignore[arg-type]

    def _proposed(self, request: HttpRequest, correction: Correction) -> None:
        request.proposed = correction  # type: ignore[attr-defined]  # for `response_change`, which Django calls next

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """After "Preview" the page on which the change is looked at, and then applied or withdrawn."""
        correction = getattr(request, "proposed", None)
        if correction is not None:
            return HttpResponseRedirect(reverse("correction", args=[correction.account.key, correction.pk]))
        return super().response_change(request, obj)

    def more_values(self, formsets: Any) -> dict[str, Any]:
        """What the page states beside the row's own columns."""
        return {}

    def _tell_reach(self, request: HttpRequest, account: SellerAccount, newest_mark: int) -> None:
        marks = Mark.objects.filter(account=account, id__gt=newest_mark)
        days = sorted({str(day) for day in marks.values_list("day", flat=True)})
        if days:
            text = ngettext(
                "%(days)s day is being recounted: %(list)s.", "%(days)s days are being recounted: %(list)s.", len(days)
            )
            shown = ", ".join(days[:7]) + (" …" if len(days) > 7 else "")
            self.message_user(request, text % {"days": len(days), "list": shown}, messages.INFO)
        else:
            self.message_user(request, gettext("No figure depends on this: no day is recounted."), messages.INFO)
