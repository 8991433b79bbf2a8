"""`manage.py metrics_page`: writes docs/metrics.md from the catalogue."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.metrics_page import metrics_page

PAGE: Path = settings.BASE_DIR / "docs" / "metrics.md"


class Command(BaseCommand):
    help = "Writes docs/metrics.md, the page of all metrics, from their declarations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        page = metrics_page()
        written = PAGE.read_text() if PAGE.exists() else ""
        if page == written:
            self.stdout.write("docs/metrics.md is up to date.")
        elif options["check"]:
            raise CommandError("docs/metrics.md is out of date; run `manage.py metrics_page`.")
        else:
            PAGE.write_text(page)
            self.stdout.write("docs/metrics.md written.")
