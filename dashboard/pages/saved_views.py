"""The views above the list of accounts: the two that everybody has, one's own, and those others share."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from dashboard.addresses import FleetFilter
from dashboard.models import SavedView
from kpis.metrics import Text
from sellers.models import User

ATTENTION = "attention=1"
BUILT_IN = ("", ATTENTION)


@dataclass(frozen=True)
class Tab:
    """A view: its name and its address."""

    name: Text
    href: str
    is_here: bool
    by: str = ""  # who shares it, where that is somebody else


@dataclass(frozen=True)
class SavedViews:
    """Everything the page shows about views."""

    tabs: list[Tab]
    query: str  # the filters of the address
    mine: SavedView | None  # the view of this address, if it may be changed
    can_save: bool
    most_letters = SavedView._meta.get_field("name").max_length

    @property
    def name(self) -> Text:
        """The view of this address. On a narrow screen its tab may be out of sight."""
        return next((tab.name for tab in self.tabs if tab.is_here), "")

    @property
    def by(self) -> str:
        """Who shares the view of this address."""
        return next((tab.by for tab in self.tabs if tab.is_here), "")


def saved_views(user: User, address: FleetFilter) -> SavedViews:
    """The views this person may open, in one query. Of several with this address the first is the current one."""
    query = address.canonical()
    known = SavedView.objects.filter(Q(user=user) | Q(shared=True)).select_related("user")
    saved = sorted(known, key=lambda view: (view.user_id != user.pk, view.name.casefold(), view.pk))
    here = next((view for view in saved if view.query == query), None) if query not in BUILT_IN else None
    built_in = zip((_("All accounts"), _("Needs attention")), BUILT_IN, strict=True)
    return SavedViews(
        tabs=[
            *(Tab(name, f"?{its}", its == query) for name, its in built_in),
            *(Tab(view.name, f"?{view.query}", view is here, _sharer(view, user)) for view in saved),
        ],
        query=query,
        mine=here if here and here.user_id == user.pk else None,
        can_save=here is None and query not in BUILT_IN,
    )


def _sharer(view: SavedView, user: User) -> str:
    return "" if view.user_id == user.pk else view.user.get_full_name() or view.user.get_username()
