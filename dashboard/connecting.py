"""The pages of connections: each finds what the person may do, calls one function, and renders."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from dashboard.access import may_write, visible_accounts, writable_or_403
from dashboard.forms import ConnectionForm
from dashboard.pages.connections import connection_or_404, connections, newest_runs
from dashboard.pages.shell import shell
from intake.connectors import pulling
from intake.models import Connection
from sellers.models import SellerAccount, User

LOOK_BACK = timedelta(days=90)


def listing(request: HttpRequest) -> HttpResponse:
    """Every connection of the accounts this person may see."""
    accounts, writable = visible_accounts(request), _writable(request)
    shown = connections(accounts, [one.pk for one in writable], timezone.now())
    return _render(request, "dashboard/connections.html", {"shown": shown, "may_make": bool(writable)}, accounts)


@sensitive_post_parameters("password")
def new(request: HttpRequest) -> HttpResponse:
    """Connect a mailbox; a worker reads it next."""
    writable = _writable(request)
    if not writable:
        raise PermissionDenied
    initial = {"since": (timezone.now() - LOOK_BACK).date(), "account": request.GET.get("account", "")}
    form = ConnectionForm(request.POST if request.method == "POST" else None, accounts=writable, initial=initial)
    if request.method == "POST" and form.is_valid():
        return redirect("connection", form.keep(cast(User, request.user), timezone.now()).pk)
    return _render(request, "dashboard/connection_form.html", {"form": form}, visible_accounts(request))


@sensitive_post_parameters("password")
def one(request: HttpRequest, number: int) -> HttpResponse:
    """How one connection stands; who may write its account changes it here."""
    accounts = visible_accounts(request)
    connection = connection_or_404(accounts, number)
    form = None
    if may_write(request, connection.account):
        kept = {name: getattr(connection, name) for name in ("name", "host", "port", "user", "since")}
        form = ConnectionForm(
            request.POST if request.method == "POST" else None,
            accounts=[connection.account],
            connection=connection,
            initial={**kept, "account": connection.account.key, "folders": ", ".join(connection.folders)},
        )
        if request.method == "POST" and form.is_valid():
            form.keep(cast(User, request.user), timezone.now())
            messages.success(request, _("The connection was changed. It is read again now."))
            return redirect("connection", connection.pk)
    elif request.method == "POST":
        raise PermissionDenied
    shown = connections([connection.account], [connection.account_id] if form else [], timezone.now())
    page = {
        "one": next(one for one in shown if one.connection == connection),
        "form": form,
        "runs": newest_runs(connection),
    }
    return _render(request, "dashboard/connection.html", page, accounts, connection.account)


@require_POST
def step(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """Pause, resume, run now, or forget a connection."""
    connection = connection_or_404(visible_accounts(request), number)
    writable_or_403(request, connection.account.key)
    if step not in STEPS:
        raise Http404
    STEPS[step](request, connection)
    return redirect("connections") if step == "forget" else redirect("connection", number)


def _pause(request: HttpRequest, connection: Connection) -> None:
    connection.state = Connection.State.PAUSED
    connection.save(update_fields=["state"])


def _resume(request: HttpRequest, connection: Connection) -> None:
    connection.state = Connection.State.ACTIVE
    connection.save(update_fields=["state"])
    pulling.run_now(connection, timezone.now())


def _run(request: HttpRequest, connection: Connection) -> None:
    pulling.run_now(connection, timezone.now())
    messages.success(request, _("It is read in a moment."))


def _forget(request: HttpRequest, connection: Connection) -> None:
    connection.delete()
    messages.success(request, _("The connection %(name)s is gone. What it brought in stays.") % {"name": connection})


STEPS: dict[str, Callable[[HttpRequest, Connection], None]] = {
    "pause": _pause,
    "resume": _resume,
    "run": _run,
    "forget": _forget,
}


def _writable(request: HttpRequest) -> list[SellerAccount]:
    return list(SellerAccount.objects.writable_by(request.user).order_by("name", "key"))


def _render(
    request: HttpRequest,
    template: str,
    page: dict[str, Any],
    accounts: Sequence[SellerAccount],
    account: SellerAccount | None = None,
) -> HttpResponse:
    around = shell(accounts, timezone.now(), account)
    return render(request, template, {"page": page, "shell": around, "section": "connections"})
