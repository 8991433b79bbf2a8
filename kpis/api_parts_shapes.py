"""The shapes of figures told apart, as the API answers them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kpis.api_serializers import EXACT, NumberField, StatsSerializer, WindowSerializer
from kpis.hours import Hour
from kpis.people import METRICS, Kind, Line, People
from kpis.readings import Reading
from kpis.targets import Band
from kpis.topics import Pull, Pulls, Topics
from kpis.units import display

BANDS = [band.value for band in Band]


class SliceSerializer(serializers.Serializer):
    """One value of the column."""

    value = serializers.CharField(
        allow_null=True, help_text="As stored; empty where it is unknown, null for people with too few cases together."
    )
    label = serializers.CharField()  # type: ignore[assignment]  # a field called like an attribute of fields
    hits = serializers.IntegerField(help_text="Of shares, the numerator; of others the same as `n`.")
    n = serializers.IntegerField(help_text="What the figure counts: rows, their weight, or conversations.")
    rows = serializers.IntegerField(help_text="The counted rows: as many as the lists for and against hold.")
    figure = NumberField(allow_null=True, help_text=f"{EXACT} Of a count, its part of the whole.")
    display = serializers.CharField()
    band = serializers.ChoiceField(choices=BANDS)


class BreakdownSerializer(serializers.Serializer):
    """A figure by the values of one column of its rows, the largest first."""

    metric = serializers.CharField()
    by = serializers.CharField(help_text="The column.")
    window = WindowSerializer(help_text="The local days that were read.")
    results = SliceSerializer(many=True)


class HourSerializer(serializers.Serializer):
    """One hour of the week in which something was counted."""

    weekday = serializers.IntegerField(help_text="0 is Monday.")
    hour = serializers.IntegerField(help_text="0 to 23, on the account's clock.")
    n = serializers.IntegerField(help_text="The counted rows.")
    bad = serializers.IntegerField(allow_null=True, help_text="Of a share, the rows of its worse side.")
    value = NumberField(help_text="Of a share the part of them that is bad; of times the median in seconds.")
    display = serializers.SerializerMethodField()

    def get_display(self, hour: Hour) -> str:
        return display(hour.value, self.context["unit"])


class HoursSerializer(serializers.Serializer):
    """How slow the answers are by the hour of the week; hours in which nothing was counted are left out."""

    metric = serializers.CharField()
    window = WindowSerializer(help_text="The local days that were read.")
    time_zone = serializers.CharField()
    results = HourSerializer(many=True)


class PullSerializer(serializers.Serializer):
    """What one topic adds to the bad rows of a figure of which a high value is good."""

    n = serializers.IntegerField(help_text="Counted rows of the topic.")
    bad = serializers.IntegerField()
    share = NumberField(allow_null=True, help_text="Of all bad rows.")
    value = NumberField(source="slice.figure", allow_null=True, help_text=f"The topic's own figure. {EXACT}")
    display = serializers.CharField(source="slice.display")
    band = serializers.ChoiceField(choices=BANDS, source="slice.band")
    without = NumberField(allow_null=True, help_text="The account's figure if this topic had done like the rest.")
    gain = NumberField(allow_null=True, help_text="How much better that would be; below 0: the topic lifts the figure.")


class TopicSerializer(serializers.Serializer):
    """One topic or channel."""

    value = serializers.CharField(help_text="As stored; empty where it is unknown.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field called like an attribute of fields
    within_24h = PullSerializer(allow_null=True, help_text="Of the turns; null where it has none.")
    solved = PullSerializer(allow_null=True, help_text="Of the survey answers; null where it has none.")
    median_seconds = NumberField(allow_null=True, help_text="The median reply.")


class TopicsSerializer(serializers.Serializer):
    """Every topic or channel, most late turns first."""

    by = serializers.ChoiceField(choices=["topic", "channel"])
    within_24h_window = WindowSerializer(source="topics.late.reading.window")
    solved_window = WindowSerializer(source="topics.unsolved.reading.window", allow_null=True, default=None)
    results = serializers.SerializerMethodField()

    @extend_schema_field(TopicSerializer(many=True))
    def get_results(self, asked: dict[str, Any]) -> Any:
        found: Topics = asked["topics"]

        def pull(pulls: Pulls | None, value: str) -> Pull | None:
            return None if pulls is None else pulls.of(value)

        lines = [
            {
                "value": value,
                "label": label,
                "within_24h": pull(found.late, value),
                "solved": pull(found.unsolved, value),
                "median_seconds": found.medians.get(value),
            }
            for value, label in found.labels.items()
        ]
        return TopicSerializer(lines, many=True).data


class CreditSerializer(serializers.Serializer):
    """A figure credited to somebody. Of the account it comes without counts where they would tell of the others."""

    value = NumberField(allow_null=True, help_text=EXACT)
    display = serializers.CharField()
    hits = serializers.IntegerField(source="numerator", allow_null=True)
    n = serializers.IntegerField(allow_null=True)
    band = serializers.ChoiceField(choices=BANDS)
    stats = StatsSerializer(allow_null=True, help_text="Of times, in seconds.")


CREDITS = extend_schema_field(serializers.DictField(child=CreditSerializer(allow_null=True)))


def credited(readings: Any, *, counted: bool) -> dict[str, Any]:
    """Each figure by its metric's name; null: it is withheld."""

    def told(reading: Reading | None) -> dict[str, Any] | None:
        if reading is None:
            return None
        figure = CreditSerializer(reading).data
        return figure if counted else {**figure, "hits": None, "n": None}

    return {metric.slug: told(readings.get(metric.slug)) for metric in METRICS}


class LineSerializer(serializers.Serializer):
    """A person, or what nobody can be credited with. All lines together are the account."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    id = serializers.SerializerMethodField(help_text="Of a person; else null.")
    name = serializers.CharField(help_text="Of a person; else empty.")
    system = serializers.CharField(help_text="The source that names the person.")
    people = serializers.IntegerField(help_text="Of the rest: how many people of whom a figure is withheld.")
    figures = serializers.SerializerMethodField(help_text="By metric; null: withheld, or not of this line.")
    before = serializers.SerializerMethodField(help_text="The same of as many days before.")

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_id(self, line: Line) -> int | None:
        return line.key if line.kind is Kind.PERSON else None

    @CREDITS
    def get_figures(self, line: Line) -> dict[str, Any]:
        return credited(line.now, counted=True)

    @CREDITS
    def get_before(self, line: Line) -> dict[str, Any]:
        return credited(line.before, counted=True)


class AgentsSerializer(serializers.Serializer):
    """The people who answer, by name, and the account as a whole."""

    window = WindowSerializer(help_text="The local days that were read.")
    minimum = serializers.IntegerField(help_text="A figure of fewer cases is withheld.")
    whole = serializers.SerializerMethodField(help_text="The account's own figures by metric; null: withheld.")
    whole_before = serializers.SerializerMethodField(help_text="The same of as many days before.")
    results = LineSerializer(source="lines", many=True)

    @CREDITS
    def get_whole(self, found: People) -> dict[str, Any]:
        return credited(found.whole.now, counted=found.own is None)

    @CREDITS
    def get_whole_before(self, found: People) -> dict[str, Any]:
        return credited(found.whole.before, counted=found.own is None)
