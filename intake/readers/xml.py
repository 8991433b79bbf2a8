"""XML of any size, an element at a time: no document types, no entities, no element larger than an honest one."""

from collections.abc import Collection, Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring  # nosec: parsed by defusedxml

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from intake.readers.context import Context
from intake.readers.formats import Head
from intake.readers.text import FileUnreadable, decoded
from intake.sentences import Sentence

ELEMENT_LIMIT = 5 * 1024 * 1024  # bytes of one element
DEPTH_LIMIT = 32


def elements(stream: IO[bytes], context: Context, tags: Collection[str]) -> Iterator[Element]:
    """The elements of these names, wherever they stand, each forgotten once the next one is asked for.

    Names are without their name space. Raises FileUnreadable where nothing more can be read.
    """
    source = _Bounded(decoded(stream, context.marketplace)[0])
    # The character set is known by now, whatever the document says it is.
    parser = DefusedXMLParser(target=TreeBuilder(), encoding="utf-8", forbid_dtd=True)
    stack: list[Element] = []
    inside = 0
    try:
        for event, element in iterparse(source, events=("start", "end"), parser=parser):
            wanted = name_of(element) in tags
            if event == "start":
                stack.append(element)
                inside += wanted
                if len(stack) > DEPTH_LIMIT:
                    raise FileUnreadable(Sentence("The XML is nested too deeply."))
                continue
            stack.pop()
            inside -= wanted
            if inside:
                continue
            if wanted:
                yield element
            element.clear()
            if stack:
                stack[-1].remove(element)
            source.left = ELEMENT_LIMIT
    except DefusedXmlException:
        raise FileUnreadable(
            Sentence("The XML declares a document type or entities, which reports never do.")
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise FileUnreadable(
            Sentence("The file is not valid XML from here on: %(error)s", error=str(error)[:160])
        ) from None


class _Bounded:
    """A stream that ends in an error where an element never ends."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.left = ELEMENT_LIMIT

    def read(self, size: int) -> bytes:
        piece = self.stream.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise FileUnreadable(Sentence("An element of the XML is too large."))
        return piece


def name_of(element: Element) -> str:
    """The element's name without its name space."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element) -> str:
    """The element as it stands in the file."""
    return tostring(element, encoding="unicode").strip()


def leaves(element: Element) -> Iterator[tuple[str, str]]:
    """Name and text of every element that holds no other one."""
    for one in element.iter():
        if len(one) == 0:
            yield name_of(one), (one.text or "").strip()


def opens_with(head: Head, *names: str) -> bool:
    """Whether a beginning is XML with elements of all these names."""
    return head.text.lstrip()[:1] == b"<" and all(f"<{name}".encode() in head.text for name in names)
