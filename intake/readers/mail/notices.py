"""Amazon's notices that are no messages: a wish to cancel, a return asked for, an A-to-z claim.

Each says something about an order, a return or a claim that its report describes in full. None starts a clock.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from intake.codes import ErrorCode
from intake.readers.amazon.records import item, record
from intake.readers.mail.headers import ident
from intake.rows import Bad
from intake.sentences import Sentence

Record = dict[str, Any]

_LINE = re.compile(r"^[ \t]*([^\n:：]{1,40}?)[ \t]*[:：][ \t]*(\S[^\n]{0,2000})$", re.MULTILINE)
_LABELS = {
    "asin": ("asin",),
    "sku": ("sku", "seller sku", "merchant sku", "verkäufer-sku", "référence sku"),
    "quantity": (
        "return quantity", "quantity", "rücksendemenge", "menge", "quantité", "quantité retournée", "quantità",
        "quantità resa", "cantidad", "cantidad devuelta", "quantidade", "返品数量", "数量", "aantal", "antal", "ilość",
    ),
    "reason": (
        "return reason", "reason", "rücksendegrund", "grund", "grund der rücksendung", "motif du retour", "motif",
        "motivo del reso", "motivo", "motivo de la devolución", "motivo da devolução", "返品理由", "reden",
        "retourreden", "orsak", "powód zwrotu", "退货原因",
    ),
    "comment": (
        "customer comment", "customer comments", "buyer comment", "kundenkommentar", "kommentar des kunden",
        "commentaire du client", "commento del cliente", "comentario del cliente", "comentario del comprador",
        "comentário do cliente", "購入者のコメント", "お客様のコメント", "opmerking van klant", "kundens kommentar",
        "komentarz klienta", "买家评论",
    ),
    "rma": ("amazon rma id", "rma id", "rma-id", "amazon-rma-id", "rma", "返品承認id", "rma番号"),
}  # fmt: skip
_LABEL_OF = {label: name for name, labels in _LABELS.items() for label in labels}

_STATUSES = (
    (
        "withdrawn",
        r"(?:buyer|customer|claim)[^.\n]{0,40}withdr[ae]w|cancell?ed (?:the|their|its) claim"
        r"|antrag[^.\n]{0,40}zurückgezogen|a retiré|a ritirato|ha retirado|retirou|取り下げ",
    ),
    (
        "denied",
        r"den(?:ied|y)|declined|abgelehnt|refusée?|rejetée?|respint[oa]|rifiutat[oa]|denegad[oa]|rechazad[oa]"
        r"|negad[oa]|却下|拒否",
    ),
    (
        "granted",
        r"granted|approved|refunded the (?:buyer|customer)|bewilligt|stattgegeben|genehmigt|accordée?|approuvée?"
        r"|accolt[oa]|approvat[oa]|concedid[oa]|aprobad[oa]|aprovad[oa]|承認|認め",
    ),
    ("appealed", r"appeal|einspruch|contestation|ricorso|apelación|apelação|異議"),
)
_NUMBER = r"(\d{1,9}(?:[.,]\d{3})*(?:[.,]\d{1,2})?)"
_AMOUNT = re.compile(rf"(?<![\d.,]){_NUMBER} ?([A-Z]{{3}})\b|\b([A-Z]{{3}}) ?{_NUMBER}(?![\d.,]*\d)")
_CURRENCIES = frozenset(
    (
        "USD", "CAD", "MXN", "BRL", "GBP", "EUR", "SEK", "PLN", "TRY", "AED", "SAR", "EGP", "INR", "SGD", "AUD", "JPY",
        "CNY",
    )
)  # fmt: skip


def cancellation(order_id: str, at: datetime) -> Record | Bad:
    """The buyer's wish: something about an order that need not be there yet, and is none by itself."""
    if not order_id:
        return _no_order(Sentence("a wish to cancel"))
    return record("order", order_id, partial=True, buyer_cancel_requested_at=at)


def claim(kind: str, order_id: str, text: str, at: datetime) -> Record | Bad:
    """An A-to-z claim: opened, or decided where the kind of the notice or its words say so."""
    if not order_id:
        return _no_order(Sentence("an A-to-z claim"))
    said: Record = {"order_external_id": order_id, "kind": "a_to_z"}
    status = next((name for name, pattern in _STATUSES if re.search(pattern, text, re.IGNORECASE)), None)
    if status is None and "CLOSE" not in kind:
        said["opened_at"] = at
    elif status is not None:
        said["status"] = status
        if status in ("granted", "denied"):
            said["decided_at"] = at
    amount = _amount(text)
    if amount is not None:
        said["amount"], said["currency"] = amount
    return record("claim", f"a2z:{order_id}", **said)


def return_request(order_id: str, text: str, at: datetime, zone: str) -> Record | Bad:
    """The moment of a request that the report of returns knows by its day only.

    Known by its RMA ID, or as that report knows a request without one: by order, article and local day. What the
    report never mentions counts nowhere, so that one request is never two.
    """
    if not order_id:
        return _no_order(Sentence("a return"))
    lines = _labelled(text)
    asin = lines.get("asin", "")
    day = at.astimezone(ZoneInfo(zone or "UTC")).date()
    quantity = lines.get("quantity", "")
    article = item(
        sku=lines.get("sku"),
        asin=asin or None,
        quantity=int(quantity) if re.fullmatch(r"[0-9]{1,6}", quantity) else None,
    )
    return record(
        "return",
        ident(lines.get("rma") or f"{order_id}:{asin}:{day}"),
        partial=True,
        order_external_id=order_id,
        requested_at=at,
        status="requested",
        reason=lines.get("reason"),
        comment=lines.get("comment"),
        fulfilled_by="merchant",
        items=[article] if article else None,
    )


def _labelled(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for label, value in _LINE.findall(text[:20_000]):
        name = _LABEL_OF.get(label.strip(" *#-").lower())
        if name is not None and len(value) <= 2000:
            found.setdefault(name, value.strip())
    return found


def _amount(text: str) -> tuple[str, str] | None:
    for before, code, other, after in _AMOUNT.findall(text[:20_000]):
        currency = code or other
        if currency in _CURRENCIES:
            number = before or after
            whole, mark, cents = number.replace(",", ".").rpartition(".")
            if mark and len(cents) < 3:
                number = f"{whole.replace('.', '')}.{cents}"
            else:
                number = number.replace(",", "").replace(".", "")
            return str(Decimal(number)), currency
    return None


def _no_order(what: str) -> Bad:
    return Bad(
        ErrorCode.MISSING_REQUIRED, Sentence("the notice of %(what)s names no order", what=what), "order_external_id"
    )
