"""`manage.py prepare`: what `up` does before it starts processes, for installations that start them otherwise."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.prepare import prepare


class Command(BaseCommand):
    help = "Makes keys, schema, first administrator and static files where they are missing; starts nothing."
    # The keys do not exist yet on the first start; prepare() makes them and checks then.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the sample accounts if there is no account yet")

        parser.add_argument("--without-static", action="store_true", help="the static files are there, as in the image")

    def handle(self, *args: Any, **options: Any) -> None:
        login = prepare(self.stdout.write, demo=options["demo"], static=not options["without_static"])
        if login is not None:
            self.stdout.write(f"Sign in: {login.name} / {login.password}")
