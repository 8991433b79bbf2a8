"""Changes of rules in the console: a metric of the catalogue, from a day on, with a reason."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Metric, Text
from kpis.models import RuleChange
from kpis.rule_changes import Reached, check, past_weeks, reached_by, reached_without, remove, store
from kpis.rule_history import said
from kpis.units import SIZES, Unit
from sellers.audit import recording
from sellers.models import SwitchChange
from sellers.repair import WHY, ReasonedAdmin, ReasonForm, ReasonModelForm, list_link

MARKS = ("limit", "goal")


class AgainField(forms.BooleanField):
    """Whether a change is meant for weeks that are published already, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "label": _("Publish past weeks again"),
                "required": False,
                "help_text": _(
                    "Published weeks that this judges otherwise get a revision with the reason “rule”. What was "
                    "published before stays readable."
                ),
                **options,
            }
        )


def read_mark(text: str, unit: Unit) -> Decimal | None:
    """A limit or goal as people write it: "2.5%", "6", "24 h", "1 d 12 h". Raises ValidationError."""
    text = text.strip()
    if not text:
        return None
    if unit is Unit.SECONDS:
        return _read_time(text)
    try:
        number = Decimal(text.removesuffix("%").strip() if unit is Unit.RATE else text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValidationError(_("“%(text)s” is not a number such as 2.5."), params={"text": text[:40]})
    return number


def _read_time(text: str) -> Decimal:
    seconds = {str(label): size for size, label in SIZES} | {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    pieces = re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([^\s0-9.]+)\s*", text)
    if "".join(f"{number}{label}" for number, label in pieces) != re.sub(r"\s", "", text) or any(
        label not in seconds for _number, label in pieces
    ):
        message = _("“%(text)s” is not a time with its unit, such as 24 h, 90 min or 1 d 12 h.")
        raise ValidationError(message, params={"text": text[:40]})
    return sum((Decimal(number) * seconds[label] for number, label in pieces), Decimal(0))


def written(mark: Decimal | None, unit: Unit) -> str:
    """A limit or goal as it can be read back."""
    if mark is None:
        return ""
    if unit is not Unit.SECONDS:
        return f"{mark.normalize():f}"
    pieces = []
    for size, label in SIZES[:-1]:
        count, mark = divmod(mark, size)
        if count:
            pieces.append(f"{count:f} {label}")
    if mark or not pieces:
        pieces.append(f"{mark.normalize():f} {SIZES[-1][1]}")
    return " ".join(pieces)


class RuleForm(ReasonModelForm):
    """A change of a rule: what it names replaces what was in force before, what is empty stays."""

    metric = forms.ChoiceField(label=_("Metric"))
    limit = forms.CharField(
        label=_("Limit"),
        required=False,
        max_length=40,
        help_text=_("Beyond it the figure is red. Shares in per cent, scores in points, times with their unit: 24 h."),
    )
    goal = forms.CharField(
        label=_("Goal"), required=False, max_length=40, help_text=_("At it or better the figure is green.")
    )
    again = AgainField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:  # a change stays with its metric
            del self.fields["metric"]
            if self.instance.metric in METRICS:
                unit = METRICS[self.instance.metric].unit
                self.initial.update({name: written(getattr(self.instance, name), unit) for name in MARKS})
            return
        field = self.fields["metric"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "–"), *metrics_by_group()]

    @property
    def _metric(self) -> Metric | None:
        """The metric that is changed; None where none is chosen."""
        return METRICS.get(self.cleaned_data.get("metric", "") if "metric" in self.fields else self.instance.metric)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self._metric is None:
            return given  # told by its own field
        for name in MARKS:
            try:
                given[name] = read_mark(given.get(name) or "", self._metric.unit)
            except ValidationError as error:
                self.add_error(name, error)
        return given

    def _post_clean(self) -> None:
        """Once the row is put together: whether it can judge, and which published weeks it reaches."""
        if self._metric is None or any(name in self.errors for name in MARKS):
            self.cleaned_data.update(dict.fromkeys(MARKS))  # texts are no numbers for the row
        super()._post_clean()  # type: ignore[misc]  # unknown to the stubs
        if self.errors:
            return
        try:
            check(self.instance)
        except ValidationError as error:
            self.add_error(None, error)
            return
        found = reached_by(self.instance)
        if found and not self.cleaned_data["again"]:
            self.add_error("again", past_weeks(found))


class RemovalForm(ReasonForm):
    """Why a change is taken back, and whether for the past as well."""

    again = AgainField()


def metrics_by_group() -> list[tuple[Text, list[tuple[str, Text]]]]:
    """The catalogue to choose from."""
    found: dict[str, tuple[Text, list[tuple[str, Text]]]] = {}
    for metric in DECLARED:
        found.setdefault(str(metric.group), (metric.group, []))[1].append((metric.slug, metric.title))
    return list(found.values())


@admin.register(RuleChange)
class RuleChangeAdmin(ReasonedAdmin):
    """Rules that hold from a day on, for one account or for all. Published weeks stay unless they are asked for."""

    form = RuleForm
    actions = None
    list_display = ("title", "whose", "valid_from", "named")
    list_select_related = ("account",)
    ordering = ("metric", "-valid_from", "-id")
    autocomplete_fields = ("account",)
    readonly_fields = ("title",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A change stays with its account and metric: remove it there and add another one."""
        return self.readonly_fields if obj is None else (*self.readonly_fields, "account")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        about = ["metric" if obj is None else "title", "account", "valid_from"]
        may = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        values = ["days", "lag", "minimum", "limit", "goal"] if may else ["named"]
        elsewhere = format_html(
            "{} {}",
            gettext("Switches with a day of their own, such as the A-to-z rule, stand in another list:"),
            list_link(SwitchChange, SwitchChange._meta.verbose_name_plural),
        )
        sections = [
            (None, {"fields": about, "description": elsewhere}),
            (_("What changes"), {"fields": values, "description": _("What is empty stays as it was before that day.")}),
            *([(_("Past weeks"), {"fields": ["again"]})] if may else []),
            WHY,
        ]
        return self.for_whoever_may(request, obj, sections)

    @admin.display(description=_("metric"))
    def title(self, change: RuleChange) -> Text:
        """The metric in words; of one that is declared no longer, its slug."""
        return METRICS[change.metric].title if change.metric in METRICS else change.metric

    @admin.display(description=_("account"))
    def whose(self, change: RuleChange) -> str:
        return change.account.name if change.account is not None else gettext("All accounts")

    @admin.display(description=_("what changes"))
    def named(self, change: RuleChange) -> str:
        return said(change)

    def save_model(self, request: HttpRequest, obj: RuleChange, form: Any, change: bool) -> None:
        self._tell(request, store(obj, form.cleaned_data["again"]))

    # --- Removing ----------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A change of a metric that is declared no longer judges nothing; it can only be looked at."""
        known = not isinstance(obj, RuleChange) or obj.metric in METRICS
        return known and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask why, and whether for the past too; then it is as if the change had never been made."""
        change = self.get_object(request, unquote(object_id))
        if change is None:
            raise Http404
        if not self.has_delete_permission(request, change):
            raise PermissionDenied
        form = RemovalForm(request.POST or None)
        if form.is_valid() and self._removed(request, change, form):
            return HttpResponseRedirect(reverse("admin:kpis_rulechange_changelist"))
        found = reached_without(change)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Remove"),
            "opts": self.opts,
            "form": form,
            "question": gettext("What this row changed no longer holds."),
            "reach": past_weeks(found) if found and not form.is_bound else "",
            "rows": [f"{self.whose(change)}: {self.title(change)}, {change.valid_from}: {said(change)}"],
            "hidden": [],
            "go": gettext("Remove"),
        }
        return TemplateResponse(request, "admin/ask_why.html", context)

    def _removed(self, request: HttpRequest, change: RuleChange, form: RemovalForm) -> bool:
        try:
            with transaction.atomic(), recording(form.cleaned_data["reason"]):
                found = remove(change, form.cleaned_data["again"])
        except ValidationError as error:
            form.add_error("again", error)
            return False
        self._tell(request, found)
        return True

    def _tell(self, request: HttpRequest, found: Sequence[Reached]) -> None:
        if not found:
            return
        weeks = len(found)
        text = ngettext(
            "%(weeks)d published week is looked at again; where a figure differs it gets a revision within minutes.",
            "%(weeks)d published weeks are looked at again; where a figure differs they get a revision within minutes.",
            weeks,
        )
        self.message_user(request, text % {"weeks": weeks}, messages.WARNING)
