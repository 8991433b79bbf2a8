"""JSON pages of Amazon's interfaces."""

from dataclasses import dataclass

from intake.readers import pages
from intake.readers.amazon.records import SYSTEM
from intake.readers.nodes import Node

__all__ = ["Node", "Pages"]


@dataclass(frozen=True)
class Pages(pages.Pages):
    """An interface of Amazon's answers."""

    system: str = SYSTEM
