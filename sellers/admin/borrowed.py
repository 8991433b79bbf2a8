"""Words of the packages behind the console, so that they too speak every language of ours.

Some packages bring no Chinese, or not all of it. What stands here is read into our catalogues, and Django looks there
first. Columns that a package left without a name get one.
"""

from allauth.mfa.models import Authenticator
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext_lazy

from sellers.models import ApiToken

AUDITLOG = (
    gettext_noop("Audit log"),
    gettext_noop("access"),
    gettext_noop("action"),
    gettext_noop("create"),
    gettext_noop("delete"),
    gettext_noop("timestamp"),
    gettext_noop("update"),
)
DJANGO = (
    gettext_noop("Add link"),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Change or view list link"),
    gettext_noop("Error:"),
    gettext_noop("Model name"),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)

COLUMNS: dict[type[Model], dict[str, Promise]] = {
    ApiToken: {"user": _("user"), "created": _("created at"), "expiry": _("expires at")},
    Authenticator: {
        "user": _("user"),
        "type": _("kind"),
        "created_at": _("created at"),
        "last_used_at": _("last used at"),
    },
}


def name_columns() -> None:
    """Give those columns their names. Migrations do not see it: they read what the package declared."""
    Authenticator._meta.verbose_name = _("second factor")
    Authenticator._meta.verbose_name_plural = _("second factors")
    for model, names in COLUMNS.items():
        for column, name in names.items():
            model._meta.get_field(column).verbose_name = name  # type: ignore[union-attr,assignment]  # stubs expect text
