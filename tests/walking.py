"""A walk over the pages of sample accounts, with the API and the files of each at hand."""

import csv
from datetime import date, datetime
from functools import cache
from io import BytesIO, StringIO
from typing import Any

from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from intake.models import ImportRun
from sellers.models import SellerAccount
from tests.ledger import Ledger
from tests.pages import read


class Walk:
    """Somebody who opens pages of one account and asks the API for the same."""

    def __init__(self, client: Client, shop: SellerAccount, accounts: list[SellerAccount]) -> None:
        self.client, self.shop, self.accounts = client, shop, accounts
        self.ledgers: list[Ledger] = []
        self.api = cache(self._api)

    def open(self, path: str) -> Ledger:
        """The page at an address; what stands around it is the same everywhere."""
        answer = self.client.get(path, follow=True)
        assert answer.status_code == 200, path
        root = read(answer.content.decode())
        self.ledgers.append(Ledger(path, root.one("main")))
        return self.ledgers[-1]

    def of(self, what: str, shop: SellerAccount | None = None) -> Any:
        """What the API tells of an account."""
        return self.api(f"accounts/{(shop or self.shop).key}/{what}")

    def all_of(self, what: str, shop: SellerAccount | None = None) -> list[Any]:
        """Every row of a list of the API."""
        return list(self.of(f"{what}{'&' if '?' in what else '?'}limit=1000", shop)["results"])

    def file(self, name: str, *args: Any, query: str = "") -> list[list[str]]:
        """The table that a page offers as CSV and as a spreadsheet, which hold the same."""
        lines = self._csv(f"{reverse(f'{name}_csv', args=args)}{query}")
        sheet = self._xlsx(f"{reverse(f'{name}_xlsx', args=args)}{query}")
        told = [[_plain(cell) for cell in line] for line in lines]
        kept = [[_plain(cell) for cell in line] for line in sheet]
        assert len(told) == len(kept), f"{name}{query}: {len(told)} lines as CSV, {len(kept)} in the spreadsheet"
        for line, row in zip(told, kept, strict=True):
            assert line == [*row, *[""] * (len(line) - len(row))], f"{name}{query}: {line} as CSV, {row} in the sheet"
        return lines

    def same_file(self, ledger: Ledger, lines: list[list[str]], what: str) -> None:
        """The API gives the same file as the page."""
        joint = "&" if "?" in what else "?"
        ledger.same("the API's file", self._csv(f"/api/v1/accounts/{self.shop.key}/{what}{joint}format=csv"), lines)

    @property
    def compared(self) -> int:
        """How many comparisons were made on all pages."""
        return sum(ledger.compared for ledger in self.ledgers)

    @property
    def faults(self) -> list[str]:
        return [fault for ledger in self.ledgers for fault in ledger.faults]

    @property
    def imports(self) -> list[int]:
        """The imports of all accounts."""
        return list(ImportRun.objects.order_by("pk").values_list("pk", flat=True))

    def all_of_import(self, run: int) -> list[Any]:
        """The rows that an import set aside."""
        return list(self.api(f"imports/{run}/rejects?limit=1000")["results"])

    def _api(self, path: str) -> Any:
        caches["rates"].clear()  # a walk over all pages asks more often than a caller may in a minute
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        return answer.json()

    def _csv(self, path: str) -> list[list[str]]:
        caches["rates"].clear()
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        return list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))

    def _xlsx(self, path: str) -> list[list[Any]]:
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        book = CalamineWorkbook.from_filelike(BytesIO(answer.getvalue()))
        return [line for name in book.sheet_names[1:] for line in book.get_sheet_by_name(name).to_python()]


def _plain(cell: Any) -> Any:
    """A cell as both kinds of files can hold it: numbers as such, moments without the offset a sheet does not know."""
    if isinstance(cell, datetime | date):
        return str(cell).removesuffix(" 00:00:00")  # a sheet does not tell midnight from the day
    text = str(cell).removeprefix("'")
    try:
        return float(f"{float(text):.12g}")  # a spreadsheet keeps 15 digits
    except ValueError:
        pass
    try:
        return _plain(datetime.fromisoformat(text).replace(tzinfo=None))
    except ValueError:
        return text
