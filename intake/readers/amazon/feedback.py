"""Seller feedback: ratings of one to three stars, with a header in the language of the marketplace or the account.

Where a word of the header is not known the columns are told by their place: their order is the same everywhere. The
rater's e-mail address is never kept. Report: GET_SELLER_FEEDBACK_DATA.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.codes import ErrorCode, Problem, WarningCode
from intake.readers.amazon.records import SYSTEM, record
from intake.readers.cells import Cells
from intake.readers.context import Context
from intake.readers.formats import Head
from intake.readers.reports import Record, Report, columns
from intake.readers.sheet import Sheet, layout_of
from intake.rows import Row, RowWarning
from intake.sentences import Sentence

NEWER = ("date", "rating", "comments", "response", "order id", "rater email")
OLDER = (*NEWER[:4], "arrived on time", "item as described", "customer service", *NEWER[4:])
LAYOUTS = {len(layout): layout for layout in (NEWER, OLDER)}

# Words met in headers (https://github.com/airbytehq/airbyte/pull/9212) and those of Amazon's own pages.
WORDS = {
    "date": "date, datum, fecha, data, 日付, 日期, tarih, التاريخ",
    "rating": "rating, bewertung, calificación, valoración, puntuación, note, évaluation, valutazione, beoordeling, "
    "betyg, ocena, avaliação, classificação, 評価, 评级, 评分, 評分, değerlendirme, التقييم",
    "comments": "comments, comment, kommentar, kommentare, comentarios, commentaires, commentaire, commenti, "
    "opmerkingen, kommentarer, komentarze, comentários, コメント, 评论, 評論, 买家评论, yorumlar, التعليقات",
    "response": "response, your response, ihre antwort, antwort, tu respuesta, su respuesta, respuesta, votre réponse, "
    "réponse, la tua risposta, risposta, uw antwoord, reactie, ditt svar, svar, twoja odpowiedź, odpowiedź, "
    "sua resposta, resposta, 返答, 回答, あなたの返答, 您的回复, 您的答复, 回复, 回覆, yanıtınız",
    "order id": "order id, order number, transaktionsnummer, bestellnummer, bestell-id, número de pedido, "
    "id de pedido, numéro de commande, n° de commande, id de commande, numero ordine, numero d'ordine, id ordine, "
    "bestelnummer, bestel-id, order-id, beställningsnummer, numer zamówienia, número do pedido, id do pedido, "
    "注文番号, 订单编号, 订单号, 訂單編號, sipariş numarası",
    "rater email": "rater email, e-mail des bewertenden, e-mail del cliente, correo electrónico del evaluador, "
    "e-mail de l'évaluateur, e-mail del valutatore, e-mailadres van beoordelaar, 評価者のeメール, 評価者, "
    "评级者电子邮件, 评价者电子邮件, 買家電子郵件",
}

# The order of day and month is the marketplace's; the file does not say which one it comes from.
DAY_FIRST = ("%d/%m/%y", "%d/%m/%Y", "%d.%m.%y", "%d.%m.%Y")
DATES: Mapping[str, Sequence[str]] = {
    "US": ("%m/%d/%y", "%m/%d/%Y"),
    "DE": ("%d.%m.%y", "%d.%m.%Y"),
    "JP": ("%y/%m/%d",),
    "SE": ("%Y-%m-%d",),
    **dict.fromkeys(
        ("UK", "GB", "FR", "IT", "ES", "NL", "BE", "PL", "TR", "EG", "SA", "AE", "IN", "AU", "SG", "BR", "CA", "MX",
         "IE"),
        DAY_FIRST,
    ),
}  # fmt: skip
DOTTED = ("%d.%m.%y", "%d.%m.%Y")  # nobody writes the month first with points

_ORDER_ID = re.compile(r"\w{3}-\d{7}-\d{7}", re.ASCII)


def ratings(rows: Sequence[Cells], context: Context) -> Iterator[Record]:
    """A rating; an order has one, and a later file says what it is now."""
    for row in rows:
        order_id = row.required("order id")
        stars = row.whole("rating")
        if stars is None or not 1 <= stars <= 5:
            raise Problem(ErrorCode.OUT_OF_RANGE, Sentence("a rating has one to five stars"), "rating")
        yield record(
            "feedback",
            order_id,
            order_external_id=order_id,
            rating=stars,
            rated_on=row.day("date", formats=DATES.get(context.marketplace.upper(), DOTTED)),
            comment=row.text("comments"),
            seller_response=row.text("response"),
        )


@dataclass(frozen=True)
class FeedbackReport(Report):
    """A report whose columns are told by their places where a word of its header is not known."""

    def _fit(self, head: Head) -> int:
        if found := super()._fit(head):
            return found
        places = by_place(head.first_line, self._names)
        return len(places) if places and _holds_ratings(head) else 0

    def _read(self, stream: IO[bytes], context: Context) -> Iterator[Row]:
        places = by_place(Sheet(stream, context, self._names).header, self._names)
        if not places:
            return super()._read(stream, context)
        return _noted(Report._read(replace(self, aliases=places), stream, context))


def by_place(header: str, known: Mapping[str, str]) -> dict[str, str]:
    """What the words of a header stand for by their places; nothing where all are known, or one is out of its place."""
    words = [word.lower() for word in layout_of(header, known={}).columns]
    layout = LAYOUTS.get(len(words))
    if layout is None or len(set(words)) < len(words) or all(word in known for word in words):
        return {}
    if any(known.get(word, place) != place for word, place in zip(words, layout, strict=True)):
        return {}
    return dict(zip(words, layout, strict=True))


def _holds_ratings(head: Head) -> bool:
    """Whether the first rows hold stars and order IDs where a feedback report has them."""
    layout = layout_of(head.first_line, {})
    lines = [line for line in head.text.decode("utf-8", "replace").splitlines() if line.strip()][1:4]
    if layout.quoted:
        rows = list(csv.reader(lines, delimiter=layout.delimiter))
    else:
        rows = [line.split(layout.delimiter) for line in lines]
    return bool(rows) and all(
        (places := LAYOUTS.get(len(row))) is not None
        and row[places.index("rating")].strip() in ("1", "2", "3", "4", "5")
        and _ORDER_ID.fullmatch(row[places.index("order id")].strip())
        for row in rows
    )


def _noted(rows: Iterator[Row]) -> Iterator[Row]:
    noted: tuple[RowWarning, ...] = (("", WarningCode.HEADER_MAPPED_BY_POSITION),)
    for row in rows:
        yield replace(row, warnings=(*noted, *row.warnings))
        noted = ()


SELLER_FEEDBACK = FeedbackReport(
    source="amazon.seller_feedback",
    title=_("Amazon: seller feedback"),
    system=SYSTEM,
    needs=columns("date, rating, order id"),
    build=ratings,
    aliases={word.strip(): name for name, words in WORDS.items() for word in words.split(",")},
    uses=columns("date, rating, comments, response, order id"),
    keeps=columns("arrived on time, item as described, customer service"),
    drops=columns("rater email"),
)
