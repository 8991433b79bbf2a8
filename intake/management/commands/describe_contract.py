"""Writes the generated part of docs/data-in.md anew, after the contract has changed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from intake.describe import BEGIN, DOCUMENT, END, markdown


class Command(BaseCommand):
    help = f"Writes the tables of record types and codes in {DOCUMENT} from the contract."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / DOCUMENT
        before, begin, rest = path.read_text().partition(BEGIN)
        _old, end, after = rest.partition(END)
        if not begin or not end:
            raise CommandError(f"{DOCUMENT} has lost the lines that frame its generated part.")
        path.write_text(before + markdown() + after)
        self.stdout.write(f"{DOCUMENT} written")
