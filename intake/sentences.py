"""Sentences about data that came in: programs get them in English, people in their own language."""

from collections.abc import Mapping
from typing import Any, Self

from django.utils.translation import gettext


class Sentence(str):
    """An English sentence that still knows its template and its values, so that it can be said again in any language.

    `Sentence("%(text)s is not a time", text="noon")`. A value may be a sentence itself. As text it is English, because
    the worker that reads a file does not know who will look; `told` is for the person who does.
    """

    template: str
    values: Mapping[str, Any]

    __slots__ = ("template", "values")

    def __new__(cls, template: str, /, **values: Any) -> Self:
        made = super().__new__(cls, template % values if values else template)
        made.template, made.values = template, values
        return made

    def told(self) -> str:
        """In the language of whoever is looking."""
        template = gettext(self.template)
        values = {name: value.told() if isinstance(value, Sentence) else value for name, value in self.values.items()}
        return template % values if values else template

    def kept(self) -> list[Any]:
        """As JSON: the template and the values."""
        return [self.template, {name: keep(value) or str(value) for name, value in self.values.items()}]


def keep(text: str | None) -> list[Any] | None:
    """What must be stored beside a text so that it can be told in another language; None for one that has no other."""
    return text.kept() if isinstance(text, Sentence) else None


def told(text: str, kept: list[Any] | None = None) -> str:
    """A text in the language of whoever is looking; one from a column with what was kept beside it, if that still fits.

    Columns cut long texts, so what was kept may say more than the text.
    """
    if isinstance(text, Sentence):
        return text.told()
    if not text or kept is None:
        return text
    sentence = _read(kept)
    return sentence.told() if sentence.startswith(text) else text


def _read(kept: list[Any]) -> Sentence:
    template, values = kept
    return Sentence(template, **{name: _read(one) if isinstance(one, list) else one for name, one in values.items()})
