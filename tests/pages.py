"""A page as tests read it: elements with their classes, attributes and text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str]
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """What is read here, in one line; what only a screen reader hears stands in it too."""
        return " ".join("".join(self._texts()).split())

    @property
    def shown(self) -> str:
        """What is seen here: without what only a screen reader hears."""
        return " ".join("".join(self._texts(seen=True)).split())

    def all(self, tag: str = "", cls: str = "") -> Iterator["Element"]:
        """Every element within this one of this tag and class, in the order of the page."""
        for one in self.inside:
            if isinstance(one, Element):
                if (not tag or one.tag == tag) and (not cls or cls in one.classes):
                    yield one
                yield from one.all(tag, cls)

    def one(self, tag: str = "", cls: str = "") -> "Element":
        """The first such element. Raises StopIteration where there is none."""
        return next(self.all(tag, cls))

    def _texts(self, *, seen: bool = False) -> Iterator[str]:
        for one in self.inside:
            if isinstance(one, str):
                yield one
            elif one.tag not in ("script", "style") and not (seen and "sr-only" in one.classes):
                yield from one._texts(seen=seen)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        # Browsers close what was left open within, such as a list item at the end of its list.
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Element:
    """The whole page."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.open[0]
