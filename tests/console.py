"""A person at the console: their pages, forms filled in as a browser does, and deliveries to repair."""

from datetime import date
from html.parser import HTMLParser
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse

from intake.gate import ingest
from sellers.marks import Mark
from sellers.models import SellerAccount
from tests.makers import NOW

WHY = "The time was read in the wrong zone"
_numbers = count(1)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag == "input" and name and kind not in ("submit", "button", "reset"):
            value = given.get("value") or ("on" if kind == "checkbox" else "")
            if kind == "checkbox" and "value" in given and "checked" in given:  # one of several boxes of a name
                self.fields.setdefault(name, []).append(value)
            elif kind not in ("checkbox", "radio") or "checked" in given:
                self.fields[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value") or ""
        elif tag == "textarea" and name:
            self._textarea = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] = (self.fields[self._textarea] + data).removeprefix("\n")


def shown(client: Client, address: str) -> dict[str, Any]:
    """The fields of the page at this address as they would be sent back."""
    form = _Form()
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    form.feed(response.content.decode())
    form.fields.pop("csrfmiddlewaretoken", None)
    form.fields.pop("q", None)
    return {name: value for name, value in form.fields.items() if "__prefix__" not in name}


def fill_in(client: Client, address: str, **changes: Any) -> Any:
    """Send the page's form with these fields changed; None takes a field out, as an unticked box does."""
    fields = {**shown(client, address), **changes}
    return client.post(address, {name: value for name, value in fields.items() if value is not None}, follow=True)


def list_of(model: Any, query: str = "") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def rows_found(console: Client, model: Any, query: str) -> set[Any]:
    response = console.get(list_of(model, query))
    assert response.status_code == 200, response
    return set(response.context["cl"].result_list)


def said(response: Any) -> str:
    """What the page tells after an action."""
    return " ".join(str(message) for message in response.context["messages"])


def marked_days(fact: str) -> set[date]:
    return set(Mark.objects.filter(fact=fact).values_list("day", flat=True))


def batch(records: list[dict[str, Any]], observed_at: str = "2026-01-10T00:00:00Z") -> dict[str, Any]:
    return {
        "schema": "1",
        "batch_id": f"b-{next(_numbers)}",
        "account": "any",
        "system": "manual",
        "observed_at": observed_at,
        "records": records,
    }


def claim(order_id: str, **values: Any) -> dict[str, Any]:
    return {"type": "claim", "external_id": "k", "order_external_id": order_id, "opened_on": "2026-01-06", **values}


def fill(account: SellerAccount, number: int) -> None:
    """`number` rows of every kind that belongs to an account."""
    records: list[dict[str, Any]] = []
    for index in range(number):
        order = f"o-{account.pk}-{index}"
        about = {"external_id": order, "order_external_id": order}
        records += [
            {
                "type": "order", "external_id": order, "placed_at": "2026-01-05T10:00:00Z", "status": "shipped",
                "shipments": [{"external_id": "1", "confirmed_at": "2026-01-06T10:00:00Z"}],
            },
            {
                "type": "message", "external_id": f"m{order}", "conversation_external_id": f"c{order}",
                "sent_at": "2026-01-05T10:00:00Z", "author_kind": "buyer", "direction": "inbound", "body_text": "Hello",
                "order_external_id": order,
            },
            {
                "type": "message", "external_id": f"r{order}", "conversation_external_id": f"c{order}",
                "sent_at": "2026-01-05T11:00:00Z", "author_kind": "agent", "direction": "outbound",
                "author_external_id": f"agent-{index}", "author_name": "Sam",
            },
            {
                "type": "survey_answer", "kind": "solved", "solved": True, "answered_at": "2026-01-05T12:00:00Z",
                "conversation_external_id": f"c{order}", **about,
            },
            {"type": "return", "requested_at": "2026-01-06T10:00:00Z", **about},
            {"type": "feedback", "rating": 1, "rated_on": "2026-01-06", **about},
            {"type": "claim", "opened_on": "2026-01-06", **about},
            {"type": "chargeback", "initiated_at": "2026-01-06T10:00:00Z", **about},
            {"type": "policy_violation", "external_id": order, "category": "other", "opened_on": "2026-01-06"},
            {
                "type": "platform_metric", "external_id": order, "metric": "order_defect_rate", "rate": "0.01",
                "period_from": "2026-01-01T00:00:00Z", "period_to": "2026-01-15T00:00:00Z",
            },
            {"type": "claim", "external_id": f"bad-{order}"},
            {"type": "claim", "external_id": f"gone-{order}", "deleted_at": "2026-01-06T10:00:00Z"},
        ]  # fmt: skip
    for start in range(0, len(records), 1000):
        ingest(account, batch(records[start : start + 1000]), owner=f"test {account.pk}", now=NOW)
