"""Where the IDs in the rows behind a figure lead: to the page of their conversation or order."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Model
from django.urls import reverse

from kpis.rows import RowSet
from messaging.models import Conversation, Message, SurveyAnswer, Turn
from orders.models import Feedback, Order, Return, Shipment
from sellers.models import SellerAccount

Links = dict[tuple[int, str], str]  # an address for a row's key and a column's path

# The key of the page that a column of a table leads to, where the row itself knows it: the page, and its column.
DIRECT: dict[tuple[type[Model], str], tuple[str, str]] = {
    (Conversation, "external_id"): ("conversation", "pk"),
    (Message, "conversation__external_id"): ("conversation", "conversation_id"),
    (Message, "external_id"): ("conversation", "conversation_id"),
    (Turn, "conversation__external_id"): ("conversation", "conversation_id"),
    (SurveyAnswer, "conversation__external_id"): ("conversation", "conversation_id"),
    (Order, "external_id"): ("order", "pk"),
    (Shipment, "order__external_id"): ("order", "order_id"),
    (Shipment, "external_id"): ("order", "order_id"),
}
BY_ORDER_ID = (Return, Feedback, SurveyAnswer)
# On a page with many rows an address names the one that is meant.
PLACES: dict[tuple[type[Model], str], Callable[[int], str]] = {
    (Message, "external_id"): lambda key: f"?message={key}#m-{key}",
    (Shipment, "external_id"): lambda key: f"#shipment-{key}",
}


def row_links(rowset: RowSet, rows: Sequence[dict[str, Any]]) -> Links:
    """The addresses behind the cells of these rows, in at most two queries; none for what has no page."""
    account, model = rowset.reading.account, rowset.reading.metric.fact.model
    return _direct(account, model, rows) | _by_order_id(account, model, rows)


def _direct(account: SellerAccount, model: type[Model], rows: Sequence[dict[str, Any]]) -> Links:
    leads = {path: lead for (table, path), lead in DIRECT.items() if table is model}
    if not leads or not rows:
        return {}
    columns = sorted({column for _page, column in leads.values()})
    keys = {row["pk"]: {"pk": row["pk"]} for row in rows}
    if columns != ["pk"]:
        for found in model._base_manager.filter(pk__in=keys).values("pk", *columns):
            keys[found["pk"]] = found
    links: Links = {}
    for key, found in keys.items():
        for path, (page, column) in leads.items():
            target, place = found.get(column), PLACES.get((model, path))
            if target is not None:
                links[key, path] = reverse(page, args=[account.key, target]) + (place(key) if place else "")
    return links


def _by_order_id(account: SellerAccount, model: type[Model], rows: Sequence[dict[str, Any]]) -> Links:
    """What was reported about an order names its ID; the order may not have come in. The first of two is meant."""
    names = {row["order_external_id"] for row in rows if row.get("order_external_id")} if model in BY_ORDER_ID else ()
    if not names:
        return {}
    known: dict[str, int] = {}
    orders = Order.objects.filter(account=account, external_id__in=names).order_by("pk")
    for name, key in orders.values_list("external_id", "pk"):
        known.setdefault(name, key)
    return {
        (row["pk"], "order_external_id"): reverse("order", args=[account.key, known[row["order_external_id"]]])
        for row in rows
        if row["order_external_id"] in known
    }
