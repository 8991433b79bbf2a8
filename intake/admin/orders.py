"""Orders with their packages, and what was said about them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from intake.admin.facts import FactAdmin, said
from intake.codes import Problem
from intake.fields import Cleaning
from intake.repair import KINDS, package_said
from messaging.models import Conversation, SurveyAnswer
from orders.models import Chargeback, Claim, Feedback, OfficialFigure, Order, PolicyViolation, Return, Shipment
from sellers.repair import list_link, row_link


class ShipmentForms(BaseInlineFormSet):
    """The packages of an order as one value: what a delivery would say about them."""

    said: list[dict[str, Any]] | None = None

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        packages = []
        for form in self.forms:
            if form in self.deleted_forms or not (form.instance.pk or form.has_changed()):
                continue
            form.instance.items = form.instance.items or []
            packages.append(package_said(form.instance))
        try:
            self.said = KINDS[Order].fields["shipments"].clean(packages, Cleaning(timezone.now()))
        except Problem as problem:
            raise ValidationError(f"{problem.field}: {said(problem)}") from None


class ShipmentInline(admin.StackedInline):
    model = Shipment
    formset = ShipmentForms
    extra = 0
    fields = (
        ("external_id", "confirmed_at"), ("shipped_at", "first_scan_at"), ("delivered_at", "delivered_seen_at"),
        ("carrier", "service", "tracking_number"), ("status", "tracking_valid"),
        ("attempted_at", "tracking_changed_at"), ("scan_count", "carrier_typed", "tracking_exempt"),
        ("product_category", "origin_country", "value_usd"), "delivery_protected", "items",
    )  # fmt: skip


@admin.register(Order)
class OrderAdmin(FactAdmin):
    list_display = (
        "external_id", "account", "day", "status", "fulfilled_by", "standing", "shipment", "cancellation", "defective",
        "out",
    )  # fmt: skip
    list_filter = (
        "status", "fulfilled_by", "standing", "shipment", "cancellation", "defective",
    )  # fmt: skip
    found_by = ("name",)
    shown_only = ("buyer_key",)
    inlines = (ShipmentInline,)

    def more_values(self, formsets: Any) -> dict[str, Any]:
        values = {}
        for formset in formsets:
            if isinstance(formset, ShipmentForms) and formset.has_changed():
                values["shipments"] = formset.said
        return values

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()  # a new order is stored first; its packages are added on its page

    def related(self, row: Order) -> Iterable[SafeString | str]:
        about = {"account__id__exact": row.account_id, "order_external_id": row.external_id}
        yield list_link(Feedback, _("Feedback"), **about)
        yield list_link(Claim, _("Claims"), **about)
        yield list_link(Chargeback, _("Chargebacks"), **about)
        yield list_link(Return, _("Returns"), **about)
        yield list_link(SurveyAnswer, _("Survey answers"), **about)
        yield list_link(Conversation, _("Conversations"), account__id__exact=row.account_id, q=row.external_id)


class OrderEventAdmin(FactAdmin):
    """Something that was said about an order; its verdicts are on the order."""

    found_by = ("order_external_id",)

    def related(self, row: Any) -> Iterable[SafeString | str]:
        orders = Order.objects.filter(account=row.account_id, external_id=row.order_external_id).order_by("pk")[:5]
        for order in orders if row.order_external_id else ():
            yield row_link(order, _("Order"))


@admin.register(Return)
class ReturnAdmin(OrderEventAdmin):
    list_display = (
        "external_id", "account", "day", "order_external_id", "status", "requested_at", "responded_at", "answer",
        "dissatisfied", "out",
    )  # fmt: skip
    list_filter = ("status", "in_policy", "fulfilled_by", "standing", "answer", "rejection", "dissatisfied")


class StarsFilter(admin.SimpleListFilter):
    """One to five stars, offered without looking which of them occur."""

    title = _("stars")
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(stars), "★" * stars) for stars in range(1, 6)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rating=self.value()) if self.value() in dict(self.lookup_choices) else queryset


@admin.register(Feedback)
class FeedbackAdmin(OrderEventAdmin):
    list_display = ("external_id", "account", "day", "order_external_id", "rating", "standing", "removed_at", "out")
    list_filter = (StarsFilter, "standing")


@admin.register(Claim)
class ClaimAdmin(OrderEventAdmin):
    list_display = ("external_id", "account", "day", "order_external_id", "kind", "status", "counts_in_odr", "out")
    list_filter = ("kind", "status", "counts_in_odr")


@admin.register(Chargeback)
class ChargebackAdmin(OrderEventAdmin):
    list_display = (
        "external_id", "account", "day", "order_external_id", "kind", "reason", "status", "counts_in_odr", "out",
    )  # fmt: skip
    list_filter = ("kind", "status", "counts_in_odr")


@admin.register(PolicyViolation)
class PolicyViolationAdmin(FactAdmin):
    list_display = ("external_id", "account", "day", "category", "status", "asin", "count", "out")
    list_filter = ("category", "status")
    found_by = ("asin", "sku")


@admin.register(OfficialFigure)
class OfficialFigureAdmin(FactAdmin):
    list_display = (
        "external_id", "account", "day", "metric", "fulfilled_by", "rate", "numerator", "denominator", "out",
    )  # fmt: skip
    list_filter = ("fulfilled_by",)
    found_by = ("metric",)
