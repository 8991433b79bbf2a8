"""A list of rows behind a figure as a table: the columns one reads first or all of them, each cell as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator

from dashboard.cells import cell
from dashboard.row_links import row_links
from kpis.exports import choices
from kpis.metrics import Column, Side
from kpis.row_columns import first_columns
from kpis.rows import RowSet

PER_PAGE = 50
ALL = "all"  # as the address asks for every column


@dataclass(frozen=True)
class RowTable:
    """One page of a list of rows. Files of the list have every column, whatever is shown."""

    rowset: RowSet
    page: Page
    is_whole: bool  # every column is asked for

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.rowset.columns if self.is_whole else self._first

    @property
    def more(self) -> int:
        """How many columns are not among those that are read first."""
        return len(self.rowset.columns) - len(self._first)

    @property
    def left_out(self) -> bool:
        return self.rowset.side is Side.LEFT_OUT

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Each cell with its column, how it is set, its text, and where it leads."""
        first = (self.page.number - 1) * PER_PAGE
        labels = {column.path: choices(self.rowset, column) for column in self.columns}
        rows = self.rowset.page(first, first + PER_PAGE)
        links, zone = row_links(self.rowset, rows), self.rowset.reading.account.zone
        return [
            {
                "pk": row["pk"],
                "cells": [
                    (
                        column,
                        _kind(column, row),
                        cell(column, row[column.path], labels[column.path], zone),
                        links.get((row["pk"], column.path), ""),
                    )
                    for column in self.columns
                ],
                "reason": row["reason"],
            }
            for row in rows
        ]

    @cached_property
    def _first(self) -> tuple[Column, ...]:
        return first_columns(self.rowset.reading.metric, self.rowset.side)


def row_table(rowset: RowSet, count: int, address: Mapping[str, str]) -> RowTable:
    """The page of a list of `count` rows that the address asks for, with the columns that it asks for."""
    page = Paginator(range(count), PER_PAGE).get_page(address.get("page", "1"))
    return RowTable(rowset, page, address.get("columns") == ALL)


def _kind(column: Column, row: dict[str, Any]) -> str:
    """How a cell is set: an empty one may be left away, an ID of another system never breaks over two lines."""
    if row[column.path] in (None, ""):
        return "void"
    return "id" if column.path.endswith("external_id") else column.kind
