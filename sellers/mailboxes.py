"""Which addresses are an account's: mail that comes to one of them, or from it, is sorted to the account."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_TAGS = 50
_TAG = re.compile(r"[^\s@+,;<>\"]{1,64}|[^\s@,;<>\"]{1,64}@[A-Za-z0-9.-]{1,253}")


def validate_mailbox_tags(value: Any) -> None:
    """Refuse anything but a list of addresses, and of words that follow the plus sign of one."""
    if not isinstance(value, list) or len(value) > MOST_TAGS:
        raise ValidationError(_("A list of at most 50 addresses or tags is needed."))
    for tag in value:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            raise ValidationError(
                _("“%(tag)s” is neither an address nor the word after the plus sign of one.") % {"tag": tag}
            )
