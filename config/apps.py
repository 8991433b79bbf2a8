"""The house itself as an app: its checks and its `up` command."""

import gc
from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _

# New objects after which Python looks for rings among them; its own 700 are for small programs. A chunk of an import
# makes a hundred thousand rows and dictionaries that all stay until it is stored: a fifth of its time went to looking.
LOOK_AFTER = 5_000


class House(AppConfig):
    name = "config"
    verbose_name = _("Installation")

    def ready(self) -> None:
        gc.set_threshold(LOOK_AFTER)
        from config import checks  # noqa: F401  # importing registers the checks; models must be loaded first

        # The default database and the keys live here. Where it cannot be made, the check names the folder.
        with suppress(OSError):
            settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


class StaticFiles(StaticFilesConfig):
    # The API's pages use Swagger UI; Redoc comes in the same package and asks other sites for files.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc*"]
