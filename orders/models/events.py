"""What was reported about an order afterwards: returns, feedback, claims, chargebacks."""

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.choices import (
    ChargebackKind,
    ChargebackStatus,
    ClaimKind,
    ClaimStatus,
    FulfilledBy,
    RatingStanding,
    Rejection,
    ReturnAnswer,
    ReturnStanding,
    ReturnStatus,
)
from sellers.facts import SourceRow, source_constraint


class OrderEvent(SourceRow):
    """Something reported about an order. It keeps the order's ID and joins the order whenever that arrives."""

    order_external_id = models.CharField(_("order ID"), max_length=255, blank=True)

    class Meta(SourceRow.Meta):
        abstract = True


def by_order(name: str) -> list[models.Index]:
    return [models.Index(fields=["account", "order_external_id"], name=f"{name}_by_order")]


class Return(OrderEvent):
    """A buyer's request to send something back; some reports know only when it was received.

    It counts on the day of the request.
    """

    days = {"day": "requested_moment"}
    facts = {"returns": "day"}
    derived = ("day", "answer_due_at", "standing", "answer", "rejection", "negative_feedback", "dissatisfied")

    requested_at = models.DateTimeField(_("requested at"), null=True, blank=True)
    requested_on = models.DateField(_("requested on"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    received_on = models.DateField(_("received on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=ReturnStatus.choices, blank=True, default="")
    responded_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    in_policy = models.BooleanField(_("within the policy"), null=True, blank=True)
    resolution = models.CharField(_("resolution"), max_length=255, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    a_to_z = models.BooleanField(_("A-to-z claim"), null=True, blank=True)
    fulfilled_by = models.CharField(
        _("fulfilled by"), max_length=12, choices=FulfilledBy.choices, blank=True, default=""
    )
    items = models.JSONField(_("items"), default=list, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    auto_authorized = models.BooleanField(_("authorised automatically"), null=True, blank=True)
    buyer_solved = models.BooleanField(
        _("the buyer says it was resolved"), null=True, blank=True, help_text=_("Unknown: the buyer was not asked yet.")
    )

    day = models.DateField(_("day"), editable=False)
    answer_due_at = models.DateTimeField(_("answer due at"), null=True, editable=False)
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=ReturnStanding.choices, default=ReturnStanding.COUNTS, editable=False
    )
    answer = models.PositiveSmallIntegerField(
        _("answer"), choices=ReturnAnswer.choices, default=ReturnAnswer.UNKNOWN, editable=False
    )
    rejection = models.PositiveSmallIntegerField(
        _("rejection"), choices=Rejection.choices, default=Rejection.NONE, editable=False
    )
    negative_feedback = models.BooleanField(_("negative return feedback"), default=False, editable=False)
    dissatisfied = models.BooleanField(_("with a fault"), default=False, editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            source_constraint("return"),
            models.CheckConstraint(
                condition=Q(responded_at=None) | Q(requested_at=None) | Q(responded_at__gte=F("requested_at")),
                name="return_answered_after_request",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount=None) | Q(refunded_amount__gte=0), name="return_refund_not_negative"
            ),
        ]
        indexes = [
            *by_order("return"),
            models.Index(
                fields=["account", "day"],
                include=["standing", "answer", "rejection", "negative_feedback", "dissatisfied"],
                name="return_by_day",
            ),
            models.Index(
                fields=["account", "answer_due_at"],
                condition=Q(answer=ReturnAnswer.WAITING),
                name="return_waiting",
            ),
        ]

    @property
    def requested_moment(self) -> datetime | date | None:
        return self.requested_at or self.requested_on or self.received_at or self.received_on


class Feedback(OrderEvent):
    """A buyer's rating of the seller, one to five stars. It counts on the day it was left."""

    days = {"day": "rated_moment"}
    facts = {"feedback": "day"}
    derived = ("day", "standing")

    rating = models.PositiveSmallIntegerField(_("stars"))
    rated_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    rated_on = models.DateField(_("rated on"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    seller_response = models.TextField(_("seller's answer"), blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    day = models.DateField(_("day"), editable=False)
    standing = models.PositiveSmallIntegerField(
        _("standing"), choices=RatingStanding.choices, default=RatingStanding.COUNTS, editable=False
    )

    class Meta(OrderEvent.Meta):
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        constraints = [
            source_constraint("feedback"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="feedback_one_to_five"),
        ]
        indexes = [
            *by_order("feedback"),
            models.Index(fields=["account", "day"], include=["standing", "rating"], name="feedback_by_day"),
        ]

    @property
    def rated_moment(self) -> datetime | date | None:
        return self.rated_at or self.rated_on


class Claim(OrderEvent):
    """An A-to-z Guarantee claim or another claim about an order."""

    days = {"day": "opened_moment"}
    derived = ("day",)

    kind = models.CharField(_("kind"), max_length=8, choices=ClaimKind.choices, default=ClaimKind.A_TO_Z)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=ClaimStatus.choices, default=ClaimStatus.OPEN)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    counts_in_odr = models.BooleanField(
        _("platform counts it in ODR"),
        null=True,
        blank=True,
        help_text=_("Unknown means: by the account's A-to-z rule."),
    )
    day = models.DateField(_("day"), null=True, editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            source_constraint("claim"),
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(opened_at=None) | Q(decided_at__gte=F("opened_at")),
                name="claim_decided_after_opened",
            ),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="claim_amount_not_negative"),
        ]
        indexes = [*by_order("claim"), models.Index(fields=["account", "day"], name="claim_by_day")]

    @property
    def opened_moment(self) -> datetime | date | None:
        return self.opened_at or self.opened_on


class Chargeback(OrderEvent):
    """A buyer's payment dispute through the bank."""

    days = {"day": "initiated_at"}
    derived = ("day",)

    kind = models.CharField(_("kind"), max_length=10, choices=ChargebackKind.choices, default=ChargebackKind.CHARGEBACK)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    network_reason_code = models.CharField(_("bank's reason code"), max_length=40, blank=True)
    initiated_at = models.DateTimeField(_("initiated at"))
    status = models.CharField(
        _("status"), max_length=14, choices=ChargebackStatus.choices, default=ChargebackStatus.NEEDS_RESPONSE
    )
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    evidence_due_at = models.DateTimeField(_("evidence due at"), null=True, blank=True)
    finalized_at = models.DateTimeField(_("final at"), null=True, blank=True)
    counts_in_odr = models.BooleanField(
        _("platform counts it in ODR"), null=True, blank=True, help_text=_("Unknown means: by its reason.")
    )
    day = models.DateField(_("day"), editable=False)

    class Meta(OrderEvent.Meta):
        verbose_name = _("chargeback")
        verbose_name_plural = _("chargebacks")
        constraints = [
            source_constraint("chargeback"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="chargeback_amount_not_negative"),
        ]
        indexes = [*by_order("chargeback"), models.Index(fields=["account", "day"], name="chargeback_by_day")]
