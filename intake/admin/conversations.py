"""Conversations, messages, survey answers, the turns that follow from them, and the people who answer."""

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.admin.facts import FactAdmin
from intake.admin.search import by_conversation
from intake.statements import milliseconds
from messaging.models import Agent, Conversation, Message, MessageBody, SurveyAnswer, Turn
from orders.models import Order
from sellers.models import SellerAccount, User
from sellers.repair import WHY, ReadOnlyAdmin, ReasonedAdmin, ReasonModelForm, list_link, row_link


@admin.register(Conversation)
class ConversationAdmin(FactAdmin):
    list_display = (
        "external_id", "account", "day", "channel", "status", "topic", "buyer_started", "first_message_at", "out",
    )  # fmt: skip
    list_filter = ("channel", "status", "buyer_started")
    shown_only = ("buyer_key",)
    search_help_text = _("An ID of a conversation or of its order, exactly; else IDs that begin with it.")

    def searches(self, term: str) -> list[list[dict[str, Any]]]:
        """Order IDs are a short list inside the row, so they are looked for last: that reads the account."""
        return [*super().searches(term), [{"order_external_ids__icontains": json.dumps(term)}]]

    def related(self, row: Conversation) -> Iterable[SafeString | str]:
        yield list_link(Message, _("Messages"), conversation__id__exact=row.pk)
        yield list_link(Turn, _("Turns"), conversation__id__exact=row.pk)
        yield list_link(SurveyAnswer, _("Survey answers"), conversation__id__exact=row.pk)
        for order_id in row.order_external_ids[:20]:
            yield list_link(Order, f"{gettext('Order')} {order_id}", account__id__exact=row.account_id, q=order_id)


@admin.register(Message)
class MessageAdmin(FactAdmin):
    """Messages. What they say is personal: lists show its length, the page shows it to whoever may read it."""

    list_display = (
        "external_id", "account", "day", "sent_at", "conversation", "author_kind", "direction", "automatic", "reply",
        "text_length", "out",
    )  # fmt: skip
    list_filter = ("author_kind", "direction", "automatic", "reply")
    list_select_related = ("account", "conversation")
    raw_id_fields = ("conversation", "agent")
    actions = ("no_reply_needed", "take_out", "put_back")
    found_by = ("conversation__external_id",)
    more_shown = ("text",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lengths = MessageBody.objects.only("message_id", "chars")
        return super().get_queryset(request).prefetch_related(Prefetch("body", lengths))

    @admin.display(description=_("text"))
    def text_length(self, row: Message) -> str:
        body = getattr(row, "body", None)
        return "–" if body is None else gettext("••• %(chars)s characters") % {"chars": body.chars}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is not None:
            obj.text_may_be_read = request.user.has_perm("messaging.view_messagebody")
        return super().get_form(request, obj, change, **options)

    @admin.display(description=_("text"))
    def text(self, row: Any) -> SafeString | str:
        body = getattr(row, "body", None)
        if body is None:
            return gettext("No text is stored.")
        if not getattr(row, "text_may_be_read", False):
            hidden = gettext("••• %(chars)s characters. Reading it needs the right “Can view message text”.")
            return hidden % {"chars": body.chars}
        return mark_safe(linebreaks(body.text, autoescape=True))  # noqa: S308  # escaped by linebreaks

    def related(self, row: Message) -> Iterable[SafeString | str]:
        yield row_link(row.conversation)
        yield list_link(Message, _("Messages of the conversation"), conversation__id__exact=row.conversation_id)
        turn = Turn.objects.filter(opening=row).first()
        if turn is not None:
            yield row_link(turn, _("Turn that it opens"))
        about = {"account__id__exact": row.account_id, "message_external_id": row.external_id}
        yield list_link(SurveyAnswer, _("Answers to its survey"), **about)


@admin.register(SurveyAnswer)
class SurveyAnswerAdmin(FactAdmin):
    list_display = (
        "external_id", "account", "day", "kind", "solved", "value_number", "standing", "conversation",
        "order_external_id", "out",
    )  # fmt: skip
    list_filter = ("kind", "solved", "standing")
    list_select_related = ("account", "conversation")
    raw_id_fields = ("conversation",)
    found_by = ("conversation__external_id", "order_external_id", "message_external_id")

    def related(self, row: SurveyAnswer) -> Iterable[SafeString | str]:
        if row.conversation is not None:
            yield row_link(row.conversation)
            yield list_link(SurveyAnswer, _("Answers of the conversation"), conversation__id__exact=row.conversation_id)
        if row.order_external_id:
            yield list_link(Order, _("Order"), account__id__exact=row.account_id, q=row.order_external_id)


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """Turns follow from messages: to change one, repair its messages."""

    date_hierarchy = "day"
    list_display = (
        "__str__", "account", "day", "opened_at", "replied_at", "reply", "reply_seconds", "first", "channel", "topic",
        "agent",
    )  # fmt: skip
    list_filter = ("reply", "first", "channel")
    list_select_related = ("account", "agent")
    found_by = ("conversation__external_id",)
    search_help_text = _("The ID of the conversation, exactly.")
    fields = ("account", *Turn.derived, "links")
    readonly_fields = ("links",)

    def searches(self, term: str) -> list[list[dict[str, Any]]]:
        return [[by_conversation(list(SellerAccount.objects.values_list("pk", flat=True)), term)]]

    @admin.display(description=_("belongs together"))
    def links(self, row: Turn) -> SafeString:
        return list_link(Message, _("Messages of the conversation"), conversation__id__exact=row.conversation_id)


class AgentForm(ReasonModelForm):
    """A person who answers, and who of those that may see the account signs in as them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "user" in self.fields:
            members = User.objects.filter(Q(is_staff=True) | Q(memberships__account=self.instance.account_id))
            self.fields["user"].queryset = members.distinct().order_by("username")  # type: ignore[attr-defined]


@admin.register(Agent)
class AgentAdmin(ReasonedAdmin):
    """People who answer, as their systems name them. A name written here stands until a newer message says another."""

    form = AgentForm
    list_display = ("external_id", "name", "account", "system", "user")
    list_select_related = ("account", "user")
    found_by = ("name",)
    found_by_beginning = "external_id"
    fieldsets: ClassVar[Any] = ((None, {"fields": ["account", "system", "external_id", "name", "user"]}), WHY)
    readonly_fields = ("account", "system", "external_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if "name" in form.changed_data:
            obj.name_version = max(milliseconds(timezone.now()), obj.name_version + 1)
        super().save_model(request, obj, form, change)
