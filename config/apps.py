"""The house itself as an app: its checks and its `up` command."""

from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _

from config import garbage, moments


class House(AppConfig):
    name = "config"
    verbose_name = _("Installation")

    def ready(self) -> None:
        garbage.look_less_often()
        moments.begin()
        from config import checks  # noqa: F401  # importing registers the checks; models must be loaded first

        # The default database and the keys live here. Where it cannot be made, the check names the folder.
        with suppress(OSError):
            settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


class StaticFiles(StaticFilesConfig):
    # The API's pages use Swagger UI; Redoc comes in the same package and asks other sites for files.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc*"]
