"""The definitions page: what every metric means, written by the same declaration that counts it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from dashboard import words
from kpis.catalogue import DECLARED, METRICS
from kpis.metrics import Metric, Side, Text
from kpis.rows import side_title


@dataclass(frozen=True)
class Definition:
    """One metric in words."""

    metric: Metric

    @property
    def rule(self) -> list[str]:
        """Colours, window and minimum, a sentence each."""
        sentences = (
            words.rule_sentence(self.metric),
            words.window_sentence(self.metric, self.metric.rule.days),
            words.minimum_sentence(self.metric),
        )
        return [sentence for sentence in sentences if sentence]

    @property
    def whole(self) -> Metric | None:
        """The metric this one is a part of."""
        return METRICS.get(self.metric.parts_of)

    @property
    def counted(self) -> list[Text]:
        """The names of the lists behind the figure, without those left out."""
        titles = (side_title(self.metric, side) for side in (Side.FOR, Side.AGAINST))
        return [title for title in titles if title]

    @property
    def reasons(self) -> list[Text]:
        return [reason for _condition, reason in self.metric.left_out]

    @property
    def publisher(self) -> str:
        """Whose page the definition follows."""
        return urlsplit(self.metric.source).hostname or self.metric.source


def definitions() -> list[tuple[Text, list[Definition]]]:
    """Every metric of the catalogue, by group."""
    found: dict[str, tuple[Text, list[Definition]]] = {}
    for metric in DECLARED:
        found.setdefault(str(metric.group), (metric.group, []))[1].append(Definition(metric))
    return list(found.values())
