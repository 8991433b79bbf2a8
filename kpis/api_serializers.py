"""The shapes of what the API answers. The commands print the same shapes, so both say the same."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kpis.completeness import completeness
from kpis.exports import choices
from kpis.figures import Reading, State, unripe_from
from kpis.metrics import Column, Metric, Side
from kpis.models import WeekReport
from kpis.rows import RowSet
from kpis.targets import Band
from sellers.days import local_day
from sellers.models import SellerAccount

EXACT = "Exact: a rate as a fraction of 1, a time in seconds, a score from 0 to 10; null when unknown."


def number(value: Fraction) -> int | float:
    """The JSON number nearest to an exact value (up to 17 significant digits); whole values stay whole numbers."""
    return value.numerator if value.denominator == 1 else float(value)


@extend_schema_field(OpenApiTypes.NUMBER)
class NumberField(serializers.Field):
    def to_representation(self, value: Fraction) -> int | float:
        return number(value)


@extend_schema_field(OpenApiTypes.STR)
class FractionField(serializers.Field):
    """An exact value as a reduced fraction: "4/5", "8"."""

    def to_representation(self, value: Fraction) -> str:
        return str(value)


# Local days of an account, both included. `from` is a word of Python's own, so no class body can hold it.
WindowSerializer = type(
    "WindowSerializer",
    (serializers.Serializer,),
    {"from": serializers.DateField(source="first"), "to": serializers.DateField(source="last")},
)


STATES = [(state.value, state.value) for state in State]  # named in the schema by settings' ENUM_NAME_OVERRIDES


class StatsSerializer(serializers.Serializer):
    mean = NumberField(allow_null=True)
    median = NumberField(allow_null=True)
    p90 = NumberField(allow_null=True)


class FigureSerializer(serializers.Serializer):
    """What a reading and a point of a trend have in common."""

    metric = serializers.CharField(source="metric.slug")
    value = NumberField(allow_null=True, help_text=EXACT)
    value_exact = FractionField(
        source="value", allow_null=True, help_text="The same value as a reduced fraction, such as 4/5; nothing is lost."
    )
    display = serializers.CharField(help_text="As people read it; digits are cut, never rounded up.")
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField(help_text="How many rows the value rests on.")
    band = serializers.ChoiceField(choices=[band.value for band in Band])
    state = serializers.ChoiceField(choices=STATES)
    carried_from = serializers.DateField(
        allow_null=True, help_text="The last day of the week whose score is shown, when this week has too few answers."
    )
    counted_now = serializers.IntegerField(
        allow_null=True, help_text="Of a carried score: the answers of the week itself, too few for a score of its own."
    )


class ReadingSerializer(FigureSerializer):
    """One metric of one account on one report day."""

    limit = NumberField(allow_null=True, help_text="Beyond it the figure is red; in the unit of `value`.")
    goal = NumberField(allow_null=True, help_text="At it or better the figure is green; in the unit of `value`.")
    window = WindowSerializer(help_text="The local days that were read.")
    provisional_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then, rows of the window may still change sides."
    )
    complete_until = serializers.DateField(
        allow_null=True,
        help_text="Where the window reaches beyond it: the last day whose data has all come in.",
    )
    interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Where the true value lies with 95 % confidence (Wilson): [low, high], in the unit of `value`.",
    )
    headroom = serializers.IntegerField(
        allow_null=True,
        help_text="How many counted rows may still turn bad before it is red; negative: must turn good.",
    )
    to_goal = serializers.IntegerField(
        allow_null=True, help_text="How many further rows in a row, all of them good, make it green."
    )
    to_limit = serializers.IntegerField(
        allow_null=True, help_text="How many further rows in a row, all of them good, bring it out of red."
    )
    needs = serializers.CharField(help_text="What to import, where nothing of the kind has ever come in; else empty.")
    stats = StatsSerializer(allow_null=True, help_text="Of times, in seconds.")
    unripe_from = serializers.SerializerMethodField(
        help_text="From this day of the window on, rows may still change their verdict; null once all has ripened."
    )

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_unripe_from(self, reading: Reading) -> str | None:
        today = local_day(self.context["now"], reading.account.zone)
        day = unripe_from(reading.metric, reading.window, today)
        return None if day is None else day.isoformat()


class TrendPointSerializer(FigureSerializer):
    """One metric in one published week, in its latest revision."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    revision = serializers.IntegerField(help_text="0 as first published; higher once the week ripened or changed.")
    reason = serializers.ChoiceField(choices=WeekReport.Reason.choices, help_text="Why this revision was published.")
    window = WindowSerializer(help_text="The local days that were read.")
    stats = StatsSerializer(allow_null=True, help_text="Of times, in seconds.")


class StatedSerializer(serializers.Serializer):
    """A figure of one period as the platform itself gives it."""

    metric = serializers.CharField(source="metric.slug")
    window = WindowSerializer(help_text="Its period, in days of UTC.")
    value = NumberField(help_text=EXACT)
    display = serializers.CharField()


class RuleSerializer(serializers.Serializer):
    """How a metric is judged: its window, and where it turns red and green."""

    days = serializers.IntegerField(source="rule.days", help_text="Length of the window in days.")
    days_from = serializers.CharField(
        source="rule.days_from", help_text="The account's switch that sets `days` instead, or empty."
    )
    lag = serializers.IntegerField(source="rule.lag", help_text="The window ends this many days before the report day.")
    minimum = serializers.IntegerField(source="rule.minimum", help_text="With fewer counted rows there is no figure.")
    sign = serializers.SerializerMethodField(help_text="What the value must be against `limit` so as not to be red.")
    limit = serializers.SerializerMethodField()
    goal = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=["<", "≤", "≥", "="], allow_null=True))
    def get_sign(self, metric: Metric) -> str | None:
        return None if metric.rule.target is None else metric.rule.target.sign

    @extend_schema_field(serializers.FloatField(allow_null=True, help_text="In the unit of `value`."))
    def get_limit(self, metric: Metric) -> int | float | None:
        return None if metric.rule.target is None else number(metric.rule.target.limit / metric.unit.scale)

    @extend_schema_field(serializers.FloatField(allow_null=True, help_text="In the unit of `value`."))
    def get_goal(self, metric: Metric) -> int | float | None:
        return None if metric.rule.target is None else number(metric.rule.target.goal / metric.unit.scale)


class MetricSerializer(serializers.Serializer):
    """One declared metric: what it counts, how it is judged, and the page that defines it."""

    slug = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    group = serializers.CharField()
    unit = serializers.CharField(source="unit.slug")
    fact = serializers.CharField(source="fact.slug", help_text="The table whose rows it counts.")
    parts_of = serializers.CharField(help_text="The metric that this one is a part of, or empty.")
    splits = serializers.SerializerMethodField(help_text="The columns by which it can be broken down.")
    rule = RuleSerializer(source="*")
    source = serializers.URLField()  # type: ignore[assignment]  # a field called like an attribute of fields

    def get_splits(self, metric: Metric) -> list[str]:
        return [column.split for column in metric.splits]


class CompletenessSerializer(serializers.Serializer):
    """How far the data of one fact has come, by when its systems were last heard."""

    fact = serializers.CharField(source="fact.slug")
    last_fact_at = serializers.DateTimeField(allow_null=True, help_text="The newest fact seen.")
    heard_at = serializers.DateTimeField(
        allow_null=True, help_text="When the slowest system was last heard that still delivers this record type."
    )
    complete_until = serializers.DateField(
        allow_null=True, help_text="The last local day that was over then; null where no delivery ever came."
    )
    silent = serializers.ListField(
        child=serializers.CharField(),
        help_text="Systems last heard 14 days or more before the newest delivery.",
    )
    needs = serializers.CharField(help_text="What to import, where nothing has ever been delivered; else empty.")


class AccountSerializer(serializers.ModelSerializer):
    """A seller account and its switches."""

    class Meta:
        model = SellerAccount
        fields = [
            "key", "name", "platform", "marketplace", "currency", "time_zone", "week_start", "score_window_days",
            "atoz_rule", "bots_count", "pop_counts_messages", "handling_days", "ships_saturday", "ships_sunday",
            "same_day_cutoff", "expected_channels", "demo",
        ]  # fmt: skip
        read_only_fields = fields


class AccountDetailSerializer(AccountSerializer):
    """A seller account, its switches, and how far its data has come."""

    completeness = serializers.SerializerMethodField(help_text="Of each fact.")

    class Meta(AccountSerializer.Meta):
        fields = [*AccountSerializer.Meta.fields, "completeness"]
        read_only_fields = fields

    @extend_schema_field(CompletenessSerializer(many=True))
    def get_completeness(self, account: SellerAccount) -> Any:
        return CompletenessSerializer(completeness([account])[account.id].values(), many=True).data


class PageSerializer(serializers.Serializer):
    """A page of a list that may be long."""

    count = serializers.IntegerField(help_text="Of all pages together.")
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ChoiceSerializer(serializers.Serializer):
    value = serializers.JSONField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field called like an attribute of fields


class ColumnSerializer(serializers.Serializer):
    """A column of the rows: its name in each row, its words, and what its values mean."""

    name = serializers.SerializerMethodField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=["text", "moment", "choice", "yes_no", "duration", "number"])
    choices = serializers.SerializerMethodField()

    def get_name(self, column: Column) -> str:
        return name_of(column)

    @extend_schema_field(ChoiceSerializer(many=True))
    def get_choices(self, column: Column) -> list[dict[str, Any]]:
        words = choices(self.context["rowset"], column)
        return [{"value": value, "label": label} for value, label in words.items()]


class RowPageSerializer(PageSerializer):
    """Rows behind a figure. Each has an `id`, a value for each column's name, and a `reason` where it is left out."""

    metric = serializers.CharField()
    part = serializers.ChoiceField(choices=[side.value for side in Side])
    window = WindowSerializer(help_text="The local days that were read.")
    columns = ColumnSerializer(many=True)
    results = serializers.ListField(child=serializers.DictField())


def name_of(column: Column) -> str:
    """What a row's value is called in JSON."""
    return column.path.replace("__", "_")


def row_json(rowset: RowSet, row: dict[str, Any]) -> dict[str, Any]:
    """One row behind a figure: codes and moments as stored, for programs; the columns say what codes mean."""
    values = {name_of(column): _plain(row[column.path]) for column in rowset.columns}
    reason = {"reason": str(row["reason"])} if rowset.side is Side.LEFT_OUT else {}
    return {"id": row["pk"], **values, **reason}


def _plain(value: Any) -> Any:
    """Ratings and amounts are numbers in JSON, whoever writes it."""
    return float(value) if isinstance(value, Decimal) else value


class WorkerSerializer(serializers.Serializer):
    alive = serializers.BooleanField(source="worker_alive")
    beat_at = serializers.DateTimeField(source="worker_beat_at", allow_null=True)


class FreshnessSerializer(serializers.Serializer):
    """Up to when an account's figures are counted."""

    newest_day = serializers.DateField(allow_null=True, help_text="The newest local day that is counted.")
    counted_at = serializers.DateTimeField(allow_null=True)
    marks_waiting = serializers.IntegerField(source="waiting")
    days_set_aside = serializers.IntegerField(source="set_aside")


class DifferenceSerializer(serializers.Serializer):
    """A stored sum that the nightly recount did not confirm."""

    account = serializers.CharField(source="account.key")
    fact = serializers.CharField(help_text="The table whose rows were counted.")
    day = serializers.DateField(help_text="The local day.")
    part = serializers.CharField(help_text="Which sum of which metrics, such as `late_response_rate: hits`.")
    stored = serializers.JSONField(allow_null=True, help_text="What stood there; null where nothing did.")
    counted = serializers.IntegerField(
        allow_null=True, help_text="What the rows give; null where no sum should stand at all."
    )
    found_at = serializers.DateTimeField()
    healed_at = serializers.DateTimeField(allow_null=True, help_text="When a recount was confirmed; null: not yet.")


class ProofsSerializer(serializers.Serializer):
    """The newest nightly proof of each account, taken together: stored sums against an independent recount."""

    proved_at = serializers.DateTimeField(
        allow_null=True, help_text="Every account has been proved since then; null while one never was."
    )
    days = serializers.IntegerField(help_text="Days compared, each fact's apart.")
    differences_found = serializers.IntegerField(source="found", help_text="By these proofs.")
    differences_open = serializers.IntegerField(source="open", help_text="Of all proofs, not healed yet.")
    differences = DifferenceSerializer(
        many=True, help_text="Open ones and those found in the last seven days, newest first, at most 200."
    )


class HealthSerializer(serializers.Serializer):
    """The state of counting in the accounts that the caller may see."""

    marks_waiting = serializers.IntegerField(help_text="Changed days that are not counted yet.")
    oldest_mark_seconds = serializers.IntegerField(allow_null=True, help_text="How long the oldest of them waits.")
    days_set_aside = serializers.IntegerField(help_text="Days whose counting failed three times.")
    work_set_aside = serializers.IntegerField(
        help_text="Other work on an account that failed three times: passed deadlines, weeks, the nightly proof."
    )
    worker = WorkerSerializer(source="*")
    proof = ProofsSerializer(source="proofs")
    accounts = serializers.DictField(child=FreshnessSerializer(), help_text="By the account's key.")
    completeness = serializers.DictField(
        child=CompletenessSerializer(many=True), help_text="By the account's key, of each fact."
    )
