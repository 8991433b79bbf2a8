"""The pages on which people bring data in: each finds what the person may do, calls one function, and renders."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dashboard.access import visible_accounts, writable_or_403
from dashboard.forms import NewAccount, Upload
from dashboard.pages.imports import import_page, imports_page, progress, run_or_404
from dashboard.pages.mapping import said_in
from dashboard.pages.rejects import chosen_rows, rejects_page, rows_of
from dashboard.pages.shell import shell
from dashboard.words import place_in_file
from intake import checks, imports, retry
from intake.codes import ErrorCode
from intake.models import ImportRun, RejectedRow
from intake.profiles import keep_profile
from intake.readers import READERS, mapped
from intake.sentences import told
from sellers.models import SellerAccount, User


def listing(request: HttpRequest) -> HttpResponse:
    """Every import of the accounts this person may see."""
    accounts = visible_accounts(request)
    page = imports_page(accounts, [one.pk for one in _writable(request)], request.GET.dict())
    return _render(request, "dashboard/imports.html", page, accounts)


def new(request: HttpRequest) -> HttpResponse:
    """Choose files and the account they belong to; each is kept and looked at by a worker."""
    writable = _writable(request)
    if not writable and not _may_add(request):
        raise PermissionDenied
    sent = request.method == "POST"
    form = Upload(
        request.POST if sent else None,
        request.FILES if sent else None,
        accounts=writable,
        chosen=request.GET.get("account", ""),
    )
    if sent and form.is_valid():
        user, now = cast(User, request.user), timezone.now()
        runs = [
            imports.store(
                account, file.name or "", file, user=user, media_type=file.content_type or "", check_first=True, now=now
            )
            for account, file in form.deliveries()
        ]
        if len(runs) == 1:
            return redirect("import", runs[0].pk)
        text = ngettext("%(count)s file has arrived.", "%(count)s files have arrived.", len(runs))
        messages.success(request, text % {"count": len(runs)})
        return redirect("imports")
    page = {"form": form, "may_add": _may_add(request), "accounts": writable}
    return _render(request, "dashboard/import_new.html", page, visible_accounts(request))


def new_account(request: HttpRequest) -> HttpResponse:
    """A seller account to bring data into; who makes it manages it."""
    if not _may_add(request):
        raise PermissionDenied
    form = NewAccount(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        account = form.make(cast(User, request.user))
        messages.success(request, _("The account %(name)s is there. Bring its data in.") % {"name": account.name})
        return redirect(f"{reverse('import_new')}?account={account.key}")
    return _render(request, "dashboard/account_new.html", {"form": form}, visible_accounts(request))


def one(request: HttpRequest, number: int) -> HttpResponse:
    """One import: being looked at, waiting for a decision, being read, or done."""
    accounts = visible_accounts(request)
    run = run_or_404(accounts, number)
    writable = [account.key for account in _writable(request)]
    page = import_page(run, run.account.key in writable, request.GET.get("type", ""), writable=writable)
    return _render(request, "dashboard/import.html", page, accounts, run.account)


def progress_of(request: HttpRequest, number: int) -> JsonResponse:
    """How far an import is, for the progress bar."""
    return JsonResponse(progress(run_or_404(visible_accounts(request), number)))


@require_POST
def step(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """Take a file in, discard it, look at it as another format, say what its columns mean, or read it again."""
    run = run_or_404(visible_accounts(request), number)
    writable_or_403(request, run.account.key)
    if step not in STEPS:
        raise Http404
    problem = STEPS[step](request, run)
    if problem:
        messages.warning(request, problem)
    return redirect("import", run.pk)


def _take_in(request: HttpRequest, run: ImportRun) -> str:
    return "" if checks.take_in(run) else _("This file is not ready to be taken in.")


def _discard(request: HttpRequest, run: ImportRun) -> str:
    return "" if checks.discard(run) else _("This file is being taken in, or was.")


def _look(request: HttpRequest, run: ImportRun) -> str:
    source = request.POST.get("source", "")
    if source and source not in READERS:
        raise Http404
    return "" if checks.check_again(run, source=source) else _("This file cannot be looked at again.")


def _map(request: HttpRequest, run: ImportRun) -> str:
    found = checks.found_of(run)
    if found is None or not found.columns:
        raise Http404
    try:
        said = said_in(run.account, found, request.POST.dict())
    except ValueError as error:
        return str(error)
    columns = tuple(one["name"] for one in found.columns)
    user = cast(User, request.user)
    profile = keep_profile(run.account, columns, said, name=run.name, by=user, now=timezone.now())
    again = checks.check_again(run, source=mapped.SOURCE, profile=profile)
    return "" if again else _("This file cannot be looked at again.")


def _read_again(request: HttpRequest, run: ImportRun) -> str:
    return "" if imports.read_again(run) else _("Only an import that failed can be read again.")


STEPS = {"take": _take_in, "discard": _discard, "look": _look, "map": _map, "again": _read_again}


# --- Rows that were set aside ----------------------------------------------------------------------------------------


def rejects(request: HttpRequest, number: int) -> HttpResponse:
    """The rows of one import that were set aside."""
    run = run_or_404(visible_accounts(request), number)
    return _rejects(request, writable_or_403(request, run.account.key), run)


def account_rejects(request: HttpRequest, key: str) -> HttpResponse:
    """The rows of all imports and batches of an account that were set aside."""
    return _rejects(request, writable_or_403(request, key), None)


def _rejects(request: HttpRequest, account: SellerAccount, run: ImportRun | None) -> HttpResponse:
    if request.method == "POST":
        _do_all(request, account, run)
        return redirect(request.get_full_path())
    page = rejects_page(account, run, request.GET.dict())
    return _render(request, "dashboard/rejects.html", page, visible_accounts(request), account)


def _do_all(request: HttpRequest, account: SellerAccount, run: ImportRun | None) -> None:
    """Do the same with every row that the page's address asks for."""
    rows, user, now = chosen_rows(account, run, request.GET.dict()), cast(User, request.user), timezone.now()
    wanted = request.POST.get("do")
    if wanted == "retry":
        count = retry.ask(rows, user, now)
        text = ngettext("%(count)s row is being tried again.", "%(count)s rows are being tried again.", count)
    elif wanted == "dismiss":
        count = retry.dismiss(rows, user, now)
        text = ngettext("%(count)s row was dismissed.", "%(count)s rows were dismissed.", count)
    elif wanted == "restore":
        count = retry.restore(rows)
        text = ngettext("%(count)s row is open again.", "%(count)s rows are open again.", count)
    else:
        raise Http404
    messages.success(request, text % {"count": count})


@require_POST
def reject_step(request: HttpRequest, key: str, number: int, step: str) -> HttpResponse:
    """Try one row again, as it was or repaired; or dismiss it, or open it again."""
    account = writable_or_403(request, key)
    rows = rows_of(account, None).filter(pk=number)
    row = rows.first()
    if row is None or step not in ("retry", "dismiss", "restore"):
        raise Http404
    user, now = cast(User, request.user), timezone.now()
    if step == "retry":
        _retry(request, row, _writable(request))
    elif step == "dismiss":
        retry.dismiss(rows, user, now)
    else:
        retry.restore(rows)
    return redirect(_back(request, account, row))


def _retry(request: HttpRequest, row: RejectedRow, writable: Sequence[SellerAccount]) -> None:
    text = request.POST.get("text", "").replace("\r\n", "\n")
    accounts = {account.key: account for account in writable}
    changed = text if text.strip() and text != (row.fixed_text or row.row_text) else None
    try:
        row, outcome = retry.retry(
            row.pk, user=cast(User, request.user), now=timezone.now(), fixed_text=changed, accounts=accounts
        )
    except retry.AlreadyTakenIn:
        messages.info(request, _("This row has been taken in already."))
        return
    if outcome.problem is None:
        messages.success(request, _("%(place)s was taken in.") % {"place": place_in_file(row.pointer)})
    else:
        said = {
            "place": place_in_file(row.pointer),
            "reason": ErrorCode(row.code).label,
            "details": f"{row.field} {told(row.message, row.message_kept)}".strip(),
        }
        messages.warning(request, _("%(place)s was not taken in. %(reason)s: %(details)s") % said)


def _back(request: HttpRequest, account: SellerAccount, row: RejectedRow) -> str:
    """The page that the row was on: that of its import, or of its account."""
    number = request.POST.get("import", "")
    run = ImportRun.objects.filter(pk=number, raw_item=row.raw_item_id).first() if number.isdecimal() else None
    page = reverse("account_rejects", args=[account.key]) if run is None else reverse("rejects", args=[run.pk])
    query = request.POST.get("query", "")
    return f"{page}?{query}" if query else page


def _writable(request: HttpRequest) -> list[SellerAccount]:
    return list(SellerAccount.objects.writable_by(request.user).order_by("name", "key"))


def _may_add(request: HttpRequest) -> bool:
    return request.user.has_perm("sellers.add_selleraccount")


def _render(
    request: HttpRequest,
    template: str,
    page: Mapping[str, Any] | Any,
    accounts: Sequence[SellerAccount],
    account: SellerAccount | None = None,
) -> HttpResponse:
    around = shell(accounts, timezone.now(), account)
    return render(request, template, {"page": page, "shell": around, "section": "imports"})
