"""New keys for old: the secrets of connections sealed with the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intake.secrets import seal_anew


class Command(BaseCommand):
    help = "Seals the secrets of all connections with the first of CONNECTION_KEYS; old keys can be removed then."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = seal_anew()
        self.stdout.write(f"{done} secrets are sealed with the newest key")
        if lost:
            names = ", ".join(f"{one.pk} {one.name}" for one in lost)
            raise CommandError(f"No key opens the secrets of: {names}. Bring the old key back, or enter them anew.")
