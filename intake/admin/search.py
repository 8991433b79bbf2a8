"""Searching by ID: records are unique by account, system and ID, so that index is read and not the table."""

from typing import Any

from django.db import connection

from messaging.models import Conversation
from sellers.facts import SourceRow
from sellers.models import SellerAccount

Lookup = dict[str, Any]


def systems_of(model: type[SourceRow]) -> list[str]:
    """The systems that rows of this table come from, found by stepping from one to the next in the unique index."""
    table = connection.ops.quote_name(model._meta.db_table)
    accounts = connection.ops.quote_name(SellerAccount._meta.db_table)
    steps = f"""
        WITH RECURSIVE step(account_id, system) AS (
            SELECT id, (SELECT min(system) FROM {table} WHERE account_id = {accounts}.id) FROM {accounts}
            UNION ALL
            SELECT account_id,
                   (SELECT min(t.system) FROM {table} t WHERE t.account_id = step.account_id AND t.system > step.system)
            FROM step WHERE system IS NOT NULL
        )
        SELECT DISTINCT system FROM step WHERE system IS NOT NULL
    """  # noqa: S608  # names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(steps)
        return sorted(system for (system,) in cursor.fetchall())


def by_id(model: type[SourceRow], term: str, also: tuple[str, ...]) -> list[list[Lookup]]:
    """The steps of a search: rows with exactly this ID, of their own or in one of the columns `also`; else rows whose
    own ID begins with it."""
    accounts = list(SellerAccount.objects.values_list("pk", flat=True))
    own = {"account__in": accounts, "system__in": systems_of(model)}
    exact = [{**own, "external_id": term}]
    for path in also:
        if path == "conversation__external_id":
            exact.append(by_conversation(accounts, term))
        else:
            exact.append({"account__in": accounts, path: term})
    return [exact, [{**own, "external_id__startswith": term}]]


def by_conversation(accounts: list[int], term: str) -> Lookup:
    """Rows of the conversation with this ID."""
    conversations = Conversation.objects.filter(
        account__in=accounts, system__in=systems_of(Conversation), external_id=term
    )
    return {"account__in": accounts, "conversation__in": list(conversations.values_list("pk", flat=True))}
