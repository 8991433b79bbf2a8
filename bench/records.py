"""Seeded records of an invented shop, as a source would deliver them: what the bench sends through the gate."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from typing import Any

Record = dict[str, Any]

NOW = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)  # a Monday: the last week is over in every zone west of Greenwich
DAYS = 455
FIRST = NOW - timedelta(days=DAYS)
SYSTEM = "x-bench"
MONTH = timedelta(days=30)

VOCABULARY = (
    "order parcel arrived broken late refund please lamp desk colour wrong size thank you when will it ship address "
    "tracking says delivered but nothing here yet invoice needed for my company could help replace missing screw"
)
WORDS = VOCABULARY.split()
CHANNELS = ("email", "amazon_message", "amazon_message", "amazon_message", "live_chat", "web_form")
TOPICS = ("delivery", "delivery", "return", "refund", "product", "invoice", "")
CARRIERS = ("UPS", "USPS", "FedEx", "DHL")


@dataclass(frozen=True)
class Shop:
    """How much one shop delivers in `DAYS` days. All other numbers follow from its conversations and orders."""

    number: int
    conversations: int
    orders: int

    @property
    def key(self) -> str:
        return f"bench-{self.number:04d}"


def shops(count: int, messages: int) -> list[Shop]:
    """Shops of lognormal sizes (sigma 1) that have about so many messages on average; the smallest comes first."""
    sizes = [math.exp(NormalDist().inv_cdf((place + 0.5) / count)) for place in range(count)]
    mean = sum(sizes) / count
    return [
        Shop(
            number,
            conversations=max(1, round(messages / MESSAGES * size / mean)),
            orders=max(1, round(messages / 2 * size / mean)),
        )
        for number, size in enumerate(sizes)
    ]


MESSAGES = 4.1  # of a conversation, on average


def months(shop: Shop, seed: int = 6) -> Iterator[list[Record]]:
    """The shop's records month by month: what belongs to a conversation or an order comes with its beginning."""
    chance = random.Random(f"{seed} {shop.number}")  # chance, not a secret
    count = math.ceil(DAYS / 30)
    for month in range(count):
        begin = FIRST + month * MONTH
        end = min(begin + MONTH, NOW - timedelta(days=1))
        placed = _share(shop.orders, month, count)
        numbers = [f"{shop.number:03d}-{month:04d}-{number:07d}" for number in range(placed)]
        records: list[Record] = []
        for number in numbers:
            records += _order(chance, number, _moment(chance, begin, end))
        for number in range(_share(shop.conversations, month, count)):
            records += _conversation(chance, f"c{month}-{number}", _moment(chance, begin, end), numbers)
        records += _standing(chance, month, end)
        yield records


def _share(total: int, month: int, months_in_all: int) -> int:
    return total * (month + 1) // months_in_all - total * month // months_in_all


def _moment(chance: random.Random, begin: datetime, end: datetime) -> datetime:
    return begin + timedelta(seconds=chance.randrange(int((end - begin).total_seconds())))


def _said(moment: datetime) -> str:
    return moment.isoformat()


def _buyer(chance: random.Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _text(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(8, 40)))


def _conversation(chance: random.Random, external_id: str, opened: datetime, orders: list[str]) -> list[Record]:
    """A thread with its messages, resolved in most cases, and with a survey answer in one of four."""
    about = [chance.choice(orders)] if orders and chance.random() < 0.5 else []
    agents = [f"agent-{chance.randrange(6)}" for _one in range(2)]
    messages: list[Record] = []
    at = opened
    started_by_seller = chance.random() < 0.04
    for turn in range(chance.choice((1, 1, 2, 2, 3))):
        if not (started_by_seller and turn == 0):
            for _more in range(chance.choice((1, 1, 1, 2))):
                messages.append(_message(external_id, len(messages), at, chance))
                at += timedelta(minutes=chance.randint(1, 90))
        if chance.random() < 0.08:
            messages.append(_message(external_id, len(messages), at, chance, automatic=True))
        if chance.random() < 0.04:
            break  # nobody answers
        at += timedelta(minutes=chance.lognormvariate(5.2, 1.1))
        messages.append(_message(external_id, len(messages), at, chance, agent=chance.choice(agents)))
        at += timedelta(hours=chance.uniform(0.2, 20))
    messages = [one for one in messages if datetime.fromisoformat(one["sent_at"]) < NOW]
    thread: Record = {
        "type": "conversation",
        "external_id": external_id,
        "channel": chance.choice(CHANNELS),
        "opened_at": _said(opened),
        "topic": chance.choice(TOPICS),
        "subject": _text(chance)[:60],
        "order_external_ids": about,
        "buyer_key": _buyer(chance),
        "assignee_external_id": agents[0],
    }
    resolved = at + timedelta(hours=chance.uniform(0.1, 30))
    if resolved < NOW and chance.random() < 0.9:
        events = [{"at": _said(resolved), "status": "resolved"}]
        again = resolved + timedelta(hours=chance.uniform(1, 40))
        if chance.random() < 0.06 and again + timedelta(days=1) < NOW:
            events += [
                {"at": _said(again), "status": "open"},
                {"at": _said(again + timedelta(days=1)), "status": "resolved"},
            ]
        thread |= {"status": "resolved", "status_events": events, "resolved_at": events[-1]["at"]}
    records = [thread, *messages]
    answered = at + timedelta(hours=chance.uniform(1, 50))
    if chance.random() < 0.25 and answered < NOW and messages:
        records.append(_answer(chance, external_id, about, at, answered))
    return records


def _message(
    thread: str, number: int, at: datetime, chance: random.Random, agent: str = "", automatic: bool = False
) -> Record:
    by_buyer = not agent and not automatic
    text = _text(chance)
    message: Record = {
        "type": "message",
        "external_id": f"{thread}-{number}",
        "conversation_external_id": thread,
        "sent_at": _said(at),
        "author_kind": "buyer" if by_buyer else "agent",
        "direction": "inbound" if by_buyer else "outbound",
        "body_text": text,
        "body_chars": len(text),
    }
    if automatic:
        message |= {"automatic": True, "automatic_reason": "rule"}
    if agent:
        message |= {"author_external_id": agent, "author_name": agent.title()}
    return message


def _answer(chance: random.Random, thread: str, about: list[str], asked: datetime, answered: datetime) -> Record:
    record: Record = {
        "type": "survey_answer",
        "external_id": f"{thread}-s",
        "conversation_external_id": thread,
        "asked_at": _said(asked),
        "answered_at": _said(answered),
    }
    if about and chance.random() < 0.5:
        record["order_external_id"] = about[0]
    if chance.random() < 0.7:
        return record | {"kind": "solved", "solved": chance.random() < 0.78}
    return record | {
        "kind": "csat",
        "value_number": chance.choice((1, 2, 3, 4, 4, 5, 5)),
        "scale_min": 1,
        "scale_max": 5,
    }


def _order(chance: random.Random, number: str, placed: datetime) -> list[Record]:
    """An order with its package, and now and then a return, a rating, a claim or a chargeback."""
    ship_by = placed + timedelta(days=2)
    deliver_by = placed + timedelta(days=7)
    sent = placed + timedelta(hours=chance.lognormvariate(2.9, 0.6))
    delivered = sent + timedelta(hours=chance.lognormvariate(4.1, 0.5))
    order: Record = {
        "type": "order",
        "external_id": number,
        "placed_at": _said(placed),
        "status": "unshipped",
        "fulfilled_by": "merchant" if chance.random() < 0.75 else "marketplace",
        "sales_channel": "amazon.com",
        "ship_by_at": _said(ship_by),
        "deliver_by_at": _said(deliver_by),
        "currency": "USD",
        "total_amount": f"{chance.randint(500, 20000) / 100:.2f}",
        "buyer_key": f"{chance.randrange(4000):064x}",
        "is_business": chance.random() < 0.05,
        "items": [{"sku": f"LAMP-{chance.randrange(40)}", "quantity": 1}],
    }
    records = [order]
    if chance.random() < 0.02:
        gone = placed + timedelta(hours=chance.uniform(0.5, 20))
        order |= {
            "status": "cancelled",
            "cancelled_at": _said(min(gone, NOW)),
            "cancelled_by": chance.choice(("buyer", "seller")),
        }
        return records
    if sent < NOW:
        package: Record = {
            "external_id": "1",
            "confirmed_at": _said(sent),
            "shipped_at": _said(sent),
            "carrier": chance.choice(CARRIERS),
            "tracking_number": f"1Z{chance.randrange(10**14):014d}",
            "first_scan_at": _said(min(sent + timedelta(hours=5), NOW)),
        }
        if delivered < NOW and chance.random() < 0.97:
            package["delivered_at"] = _said(delivered)
        order |= {"status": "shipped", "shipments": [package]}
    after = delivered + timedelta(days=chance.uniform(1, 20))
    if after >= NOW:
        return records
    about = {"order_external_id": number}
    if chance.random() < 0.06:
        asked = {"type": "return", "external_id": f"R-{number}", "requested_at": _said(after), "in_policy": True,
                 "reason": chance.choice(("DEFECTIVE", "NO_LONGER_NEEDED", "WRONG_SIZE")), **about}  # fmt: skip
        answered = after + timedelta(hours=chance.lognormvariate(2.6, 0.8))
        if answered < NOW:
            asked |= {"status": "approved", "responded_at": _said(answered)}
        records.append(asked)
    if chance.random() < 0.06:
        records.append(
            {"type": "feedback", "external_id": f"F-{number}", "rating": chance.choice((1, 2, 3, 4, 5, 5, 5, 5, 5, 5)),
             "rated_at": _said(after), "comment": _text(chance), **about}
        )  # fmt: skip
    if chance.random() < 0.005:
        records.append(
            {"type": "claim", "external_id": f"A-{number}", "opened_at": _said(after),
             "status": chance.choice(("granted", "denied", "withdrawn")), **about}
        )  # fmt: skip
    if chance.random() < 0.002:
        records.append(
            {"type": "chargeback", "external_id": f"B-{number}", "initiated_at": _said(after),
             "reason": chance.choice(("fraudulent", "product_not_received")), **about}
        )  # fmt: skip
    return records


def _standing(chance: random.Random, month: int, end: datetime) -> list[Record]:
    """What the platform says about the shop itself: weekly figures, and a complaint in some months."""
    records: list[Record] = []
    for week in range(4):
        until = end - timedelta(weeks=week)
        period = {"type": "platform_metric", "period_from": _said(until - timedelta(days=7)), "period_to": _said(until)}
        figures = (
            ("account_health_rating", chance.randint(150, 900)),
            ("listing_bounce_rate", f"{chance.uniform(0.2, 0.6):.4f}"),
            ("sales_amount", f"{chance.uniform(1000, 90000):.2f}"),
        )
        records += [
            {**period, "external_id": f"{name}-{month}-{week}", "metric": name, "rate": rate} for name, rate in figures
        ]
    if chance.random() < 0.3:
        records.append(
            {"type": "policy_violation", "external_id": f"V-{month}", "category": "condition",
             "opened_at": _said(end - timedelta(days=3)), "status": chance.choice(("open", "resolved"))}
        )  # fmt: skip
    return records
