"""The closed lists of what can be wrong with a row, and of what is worth a warning; an integration may rely on them."""

import re

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from intake.sentences import Sentence

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class ErrorCode(TextChoices):
    """Why a row was set aside. A row has exactly one."""

    UNDECODABLE = "undecodable", _("Cannot be read as text")
    UNKNOWN_FORMAT = "unknown_format", _("Has a shape that is not known")
    MISSING_REQUIRED = "missing_required", _("A required value is missing")
    BAD_TIMESTAMP = "bad_timestamp", _("Not a valid time or date")
    MISSING_TIMEZONE = "missing_timezone", _("The time has no zone")
    BAD_NUMBER = "bad_number", _("Not a valid number")
    BAD_ENUM = "bad_enum", _("Not one of the allowed values")
    OUT_OF_RANGE = "out_of_range", _("Outside the allowed range")
    UNKNOWN_ACCOUNT = "unknown_account", _("Names an account that is not there or not yours")
    CONFLICTING_DUPLICATE = "conflicting_duplicate", _("Contradicts another row of the same batch")
    AMBIGUOUS_CONVERSATION = "ambiguous_conversation", _("Fits more than one conversation")
    SENDER_NOT_TRUSTED = "sender_not_trusted", _("The sender could not be verified")
    TOO_LARGE = "too_large", _("Too large")
    INTERNAL_ERROR = "internal_error", _("Failed inside the product")


class WarningCode(TextChoices):
    """What is worth knowing about a row that was accepted."""

    AMBIGUOUS_LOCAL_TIME = "ambiguous_local_time", _("The local time occurs twice that day; the first was taken")
    NONEXISTENT_LOCAL_TIME = "nonexistent_local_time", _("The local time does not exist that day; moved forward")
    BODY_TRUNCATED = "body_truncated", _("The text was cut")
    DUPLICATE_ROW = "duplicate_row", _("The same row twice in one batch")
    UNKNOWN_COLUMN = "unknown_column", _("A field that is not known was kept aside")
    UNKNOWN_ENUM_KEPT_RAW = "unknown_enum_kept_raw", _("A value that is not known was kept aside")
    HEADER_MAPPED_BY_POSITION = "header_mapped_by_position", _("Columns were recognised by their position")
    CHARSET_GUESSED = "charset_guessed", _("The character set was guessed")


def printable(text: str) -> str:
    """Text that every database can hold: control characters and halves of characters are spelled out."""
    if isinstance(text, Sentence):
        said = {name: printable(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return Sentence(text.template, **said)
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


class Problem(Exception):
    """A row that cannot be taken in: one code of the closed list, the field, and one sentence for the sender."""

    def __init__(self, code: ErrorCode, message: str, field: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.code = code
        self.message = printable(message)
        self.field = printable(field)
