"""Small makers with good defaults: a test states only what matters to it.

Facts made here are written the way every door of the product writes them: stored, then everything derived from them is
recomputed, with the clock passed in.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client

from messaging.models import Agent, Author, Conversation, Direction, Message, SurveyAnswer, SurveyKind
from messaging.recompute import recompute_answers, recompute_conversations
from orders.models import Order, OrderStatus, Shipment
from orders.recompute import recompute_orders
from sellers.models import Membership, Note, SellerAccount, User

NOW = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)  # a Tuesday
_numbers = count(1)


def at(text: str) -> datetime:
    """A UTC moment from "2026-01-05 10:00" or "2026-01-05 10:00:01"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_account(key: str = "", **values: Any) -> SellerAccount:
    key = key or f"shop-{next(_numbers)}"
    defaults: dict[str, Any] = {"name": key.title(), "platform": "amazon", "marketplace": "US", "time_zone": "UTC"}
    return SellerAccount.objects.create(key=key, **{**defaults, **values})


def make_user(name: str = "", *accounts: SellerAccount, role: str = Membership.Role.VIEWER, **values: Any) -> User:
    user = User.objects.create_user(name or f"user-{next(_numbers)}", password="correct horse battery", **values)
    for account in accounts:
        Membership.objects.create(user=user, account=account, role=role)
    return user


def client_of(*accounts: SellerAccount, **values: Any) -> Client:
    """The browser of somebody new who may see these accounts; a viewer unless `role` says otherwise."""
    client = Client()
    client.force_login(make_user("", *accounts, **values))
    return client


def make_note(account: SellerAccount, day: str, **values: Any) -> Note:
    """A note of the whole account, on one day such as "2026-01-14"."""
    values = {"title": f"Note {next(_numbers)}", **values}
    return Note.objects.create(account=account, starts_on=date.fromisoformat(day), **values)


def make_conversation(
    account: SellerAccount, *messages: tuple[str, str], now: datetime = NOW, resolved: str = "", **values: Any
) -> Conversation:
    """A conversation from ("buyer", "2026-01-05 10:00") pairs.

    Author words: buyer, agent, auto (automatic reply), bot, note (internal), system, marked (buyer, no reply needed);
    "agent:kim" is another person than "agent", who is Sam. Status changes go into `status_events`, see `changes`.
    """
    external_id = values.pop("external_id", f"c-{next(_numbers)}")
    conversation = Conversation.objects.create(
        account=account,
        system="test",
        external_id=external_id,
        channel=values.pop("channel", "email"),
        resolved_at=at(resolved) if resolved else None,
        status=values.pop("status", "resolved" if resolved else "open"),
        **values,
    )
    for number, (author, moment) in enumerate(messages):
        make_message(conversation, author, moment, external_id=f"{external_id}-m{number}", recompute=False)
    recompute_conversations(account, [conversation.id], now)
    return conversation


def changes(*events: tuple[str, str]) -> list[dict[str, str]]:
    """The history of a conversation from ("resolved", "2026-01-05 11:00") pairs."""
    return [{"at": at(moment).isoformat(), "status": status} for status, moment in events]


AUTHORS: dict[str, dict[str, Any]] = {
    "buyer": {"author_kind": Author.BUYER, "direction": Direction.INBOUND},
    "marked": {"author_kind": Author.BUYER, "direction": Direction.INBOUND, "needs_reply": False},
    "agent": {"author_kind": Author.AGENT, "direction": Direction.OUTBOUND},
    "auto": {"author_kind": Author.AGENT, "direction": Direction.OUTBOUND, "automatic": True},
    "bot": {"author_kind": Author.BOT, "direction": Direction.OUTBOUND},
    "note": {"author_kind": Author.AGENT, "direction": Direction.INTERNAL, "visibility": "internal"},
    "system": {"author_kind": Author.SYSTEM, "direction": Direction.OUTBOUND, "automatic": True},
}


def make_message(
    conversation: Conversation, author: str, moment: str, *, now: datetime = NOW, recompute: bool = True, **values: Any
) -> Message:
    account = conversation.account
    agent = None
    author, _colon, name = author.partition(":")
    if author == "agent":
        name = name or "sam"
        agent, _new = Agent.objects.get_or_create(account=account, system="test", external_id=name, name=name.title())
    message = Message.objects.create(
        account=account,
        conversation=conversation,
        system="test",
        external_id=values.pop("external_id", f"m-{next(_numbers)}"),
        sent_at=at(moment),
        agent=agent,
        **{**AUTHORS[author], **values},
    )
    if recompute:
        recompute_conversations(account, [conversation.id], now)
    return message


def make_answer(
    account: SellerAccount, moment: str | datetime, solved: bool | None = True, *, now: datetime = NOW, **values: Any
) -> SurveyAnswer:
    answered_at = at(moment) if isinstance(moment, str) else moment
    answer = SurveyAnswer.objects.create(
        account=account,
        system="test",
        external_id=values.pop("external_id", f"s-{next(_numbers)}"),
        **{"kind": SurveyKind.SOLVED, "answered_at": answered_at, "solved": solved, **values},
    )
    recompute_answers(account, [answer.id], now)
    answer.refresh_from_db()
    return answer


def make_answers(account: SellerAccount, yes: int, no: int, *, last: str, now: datetime = NOW) -> None:
    """`yes` and `no` answers of as many conversations, one a minute up to the moment `last`."""
    answers = SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            account=account,
            system="test",
            external_id=f"s-{next(_numbers)}",
            kind=SurveyKind.SOLVED,
            answered_at=at(last) - timedelta(minutes=number),
            solved=number < yes,
            order_external_id=f"o-{next(_numbers)}",
        )
        for number in range(yes + no)
    )
    recompute_answers(account, [answer.id for answer in answers], now)


def make_order(
    account: SellerAccount,
    placed: str,
    *,
    ship_by: str = "",
    confirmed: str = "",
    now: datetime = NOW,
    **values: Any,
) -> Order:
    order = Order.objects.create(
        account=account,
        system="test",
        external_id=values.pop("external_id", f"o-{next(_numbers)}"),
        placed_at=at(placed),
        ship_by_at=at(ship_by) if ship_by else None,
        **{"status": OrderStatus.SHIPPED if confirmed else OrderStatus.UNSHIPPED, "fulfilled_by": "merchant", **values},
    )
    if confirmed:
        Shipment.objects.create(account=account, order=order, external_id="1", confirmed_at=at(confirmed))
    recompute_orders(account, [order.external_id], now)
    order.refresh_from_db()
    return order
