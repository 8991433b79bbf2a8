"""What the API of data in takes and gives besides batches, whose form is the contract's."""

from typing import Any

from rest_framework import serializers

from intake.codes import ErrorCode, WarningCode
from intake.models import ImportRun, RejectedRow
from intake.readers import READERS

ERRORS_SHOWN = 20


class CountsSerializer(serializers.Serializer):
    """received = created + updated + unchanged + stale + quarantined."""

    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    stale = serializers.IntegerField(help_text="Older than what is stored; fills only what nothing newer has stated.")
    quarantined = serializers.IntegerField(help_text="Set aside, with the reason.")


class RowErrorSerializer(serializers.Serializer):
    """Why one row was set aside."""

    type = serializers.CharField(source="record_type")
    external_id = serializers.CharField()
    field = serializers.CharField()
    code = serializers.ChoiceField(ErrorCode.choices)
    message = serializers.CharField()
    rejected_row = serializers.IntegerField(source="pk")


class BatchErrorSerializer(RowErrorSerializer):
    index = serializers.IntegerField(help_text="Position in the batch, from 0.")


class BatchWarningSerializer(serializers.Serializer):
    index = serializers.IntegerField(help_text="Position in the batch, from 0.")
    field = serializers.CharField()
    code = serializers.ChoiceField(WarningCode.choices)


class AnswerSerializer(CountsSerializer):
    """What became of a batch."""

    batch_id = serializers.CharField()
    errors = BatchErrorSerializer(many=True)  # type: ignore[assignment]  # named like an attribute of serializers
    warnings = BatchWarningSerializer(many=True)


class FileSerializer(serializers.Serializer):
    """A file of one account."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    account = serializers.SlugField(max_length=63, help_text="Key of the seller account.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # named like an attribute of fields
        [(name, name) for name in READERS], required=False, help_text="Its format; recognised by content if absent."
    )


class FileErrorSerializer(RowErrorSerializer):
    pointer = serializers.CharField(help_text="The row's place in the file.")


class ImportSerializer(CountsSerializer):
    """One reading of one file."""

    id = serializers.IntegerField()
    account = serializers.CharField(source="account.key")
    name = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]  # named like an attribute of fields
        help_text="The format; empty until it is recognised."
    )
    state = serializers.ChoiceField(ImportRun.State.choices)
    size = serializers.IntegerField(source="raw_item.size", help_text="Bytes.")
    bytes_done = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    warnings = serializers.DictField(child=serializers.IntegerField(), help_text="How often each warning occurred.")
    errors = serializers.SerializerMethodField(  # type: ignore[assignment]  # as above
        help_text=f"The first {ERRORS_SHOWN} rows that were set aside."
    )
    error = serializers.CharField(help_text="Why the file could not be read to its end; empty if it could.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_errors(self, run: ImportRun) -> list[dict[str, Any]]:
        # A row repaired so that it names another account is that account's.
        rows = RejectedRow.objects.filter(raw_item=run.raw_item_id, account=run.account_id).order_by("pk")
        rows = rows[:ERRORS_SHOWN]
        return [dict(row) for row in FileErrorSerializer(rows, many=True).data]


class RejectedSerializer(FileErrorSerializer):
    """A row that was set aside."""

    id = serializers.IntegerField()
    row_text = serializers.CharField(help_text="As it arrived.")
    fixed_text = serializers.CharField(help_text="As it was repaired; empty if it was not.")
    attempts = serializers.IntegerField()
    state = serializers.ChoiceField(RejectedRow.State.choices)
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class RejectedPageSerializer(serializers.Serializer):
    """A page of rows that were set aside."""

    count = serializers.IntegerField(help_text="Rows of all pages together.")
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RejectedSerializer(many=True)


class RetrySerializer(serializers.Serializer):
    """How a row is tried again."""

    fixed_text = serializers.CharField(
        required=False, max_length=1024 * 1024, trim_whitespace=False, help_text="The row as repaired."
    )
