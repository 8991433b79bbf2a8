"""Pages of long lists: which rows stand on one, and where the ones beside it are."""

from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param


@dataclass(frozen=True)
class Page:
    request: Request
    number: int  # from 1
    limit: int
    count: int  # rows of all pages together

    @property
    def start(self) -> int:
        return (self.number - 1) * self.limit

    @property
    def stop(self) -> int:
        return self.start + self.limit

    def links(self) -> dict[str, Any]:
        """What a page says about itself, beside its rows."""
        return {
            "count": self.count,
            "page": self.number,
            "limit": self.limit,
            "next": self._link(self.number + 1) if self.stop < self.count else None,
            "previous": self._link(self.number - 1) if self.number > 1 else None,
        }

    def _link(self, number: int) -> str:
        return replace_query_param(self.request.build_absolute_uri(), "page", number)
