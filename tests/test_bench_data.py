"""The bench's clones: a cloned account has the rows that the gate leaves for the same records; only keys differ."""

from collections import Counter
from typing import Any

from django.db import models

from bench.data import KEYS_IN_TEXT, clone, copied_models, make_account, send
from bench.records import Shop, months, shops
from messaging.models import Conversation, MessageBody, SurveyAnswer
from orders.models import Mention
from sellers.models import SellerAccount

SHOP = Shop(number=7, conversations=40, orders=60)
UNCOMPARED = {"id", "account_id", "marked_at", "at"}  # `marked_at` is the database's own clock


def rows(model: type[models.Model], account: SellerAccount) -> list[tuple[tuple[str, str], ...]]:
    """The account's rows without their own keys; each key of another row is replaced by what that row is called."""
    owner = "message__account" if model is MessageBody else "account"
    found = []
    for row in model.objects.filter(**{owner: account}):
        values = {field.column: (field, getattr(row, field.attname)) for field in model._meta.concrete_fields}
        found.append(tuple((name, said(model, *pair)) for name, pair in values.items() if name not in UNCOMPARED))
    return sorted(found)


def said(model: type[models.Model], field: Any, value: Any) -> str:
    if value is not None and field.is_relation:
        return called(field.related_model, value)
    if model is Mention and field.column == "conversation_id":
        return called(None, value)
    letter, _colon, key = str(value).partition(":")
    if model is SurveyAnswer and field.column in ("thread_key", "order_key") and letter in KEYS_IN_TEXT:
        return f"{letter}:{called(SurveyAnswer if letter == 'a' else None, int(key))}"
    return repr(value)


def called(model: Any, key: int) -> str:
    row = (model or Conversation).objects.get(pk=key)
    return str(getattr(row, "external_id", None) or row.opening.external_id)


def test_a_cloned_account_equals_the_same_account_taken_through_the_gate(db: None) -> None:
    send(make_account(SHOP), SHOP)
    twin = Shop(number=SHOP.number + 3, conversations=5, orders=5)  # a second account, in the same zone
    send(make_account(twin), twin)
    clone(2)
    # Two originals, then two copies of each; copies of copies would have names of their own, too.
    assert SellerAccount.objects.count() == 6
    original, copy, other_copy = SellerAccount.objects.filter(key__startswith="bench-0007").order_by("id")
    gate = SellerAccount.objects.create(
        **{
            field.attname: getattr(original, field.attname)
            for field in SellerAccount._meta.concrete_fields
            if field.name not in ("id", "key", "created_at")
        },
        key="once-more",
    )
    send(gate, SHOP)
    tables = 0
    for model in copied_models():
        expected = rows(model, gate)
        tables += bool(expected)
        assert rows(model, other_copy) == expected, model
        assert rows(model, copy) == expected, model
        assert rows(model, original) == expected, model
    # Agents, arrivals, marks, and all record types with what is derived from them.
    assert tables >= 14


def test_rows_that_come_after_cloning_get_keys_of_their_own(db: None) -> None:
    send(make_account(SHOP), SHOP)
    clone(1)
    other = Shop(number=8, conversations=3, orders=3)
    send(make_account(other), other)
    assert SellerAccount.objects.count() == 3


def test_the_same_seed_makes_the_same_records_and_another_seed_others() -> None:
    first, again, another = (list(months(SHOP, seed)) for seed in (6, 6, 7))
    assert first == again
    assert first != another


def test_shops_have_the_wanted_messages_on_average_and_very_different_sizes() -> None:
    made = shops(10, 5_125)
    # 5,125 messages are 1,250 conversations of 4.1, and half as many orders: 2,562.
    assert 1_245 < sum(shop.conversations for shop in made) / 10 < 1_255
    assert 2_557 < sum(shop.orders for shop in made) / 10 < 2_567
    # The 5 % and the 95 % point of a lognormal with sigma 1 lie e^(2 x 1.645) = 27 times apart.
    assert 26 < made[-1].orders / made[0].orders < 28
    messages = Counter(record["type"] for month in months(made[5]) for record in month)["message"]
    assert 0.9 < messages / (made[5].conversations * 4.1) < 1.1
