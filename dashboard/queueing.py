"""The reply queue: the page, its list alone, and saying of waits that they need no reply, which can be taken back."""

from collections import defaultdict
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dashboard.access import account_or_404, visible_accounts
from dashboard.addresses import QueueFilter
from dashboard.pages.dismissed import REASONS, dismissed_page
from dashboard.pages.queue import RETURNS, QueuePage, accounts_in, queue_page, wanted
from dashboard.pages.queue_filters import filter_bar
from dashboard.pages.shell import shell
from intake.corrections import CorrectionError
from intake.dismissals import dismiss, restore
from kpis.exports_queue import queue_table, returns_table
from kpis.files import Table
from kpis.queue import Person, Queue
from kpis.return_queue import ReturnQueue
from messaging.models import Turn
from sellers.models import SellerAccount, User

MOST = 200  # waits that one step says something of


def queue(request: HttpRequest) -> HttpResponse:
    """Who waits for an answer, over all accounts this person may see or in one of them."""
    page = _page(request)
    return render(
        request,
        "dashboard/queue.html",
        {
            "page": page,
            "bar": filter_bar(page),
            "reasons": REASONS.items(),
            "shell": shell(page.known, page.now, page.account),
            "section": "queue",
        },
    )


def listing(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that keeps itself fresh."""
    return render(request, "dashboard/_queue.html", {"page": _page(request), "reasons": REASONS.items()})


def file(request: HttpRequest, now: datetime) -> Table:
    """What the filters leave of the list."""
    address = QueueFilter(request.GET)
    shown = accounts_in(visible_accounts(request), _account(request), address)
    if address.value("list") == RETURNS:
        return returns_table(ReturnQueue(shown, now))
    return queue_table(Queue(shown, now, wanted(address, _person(request))))


def dismissed(request: HttpRequest) -> HttpResponse:
    """What was said to need no reply in the last 30 days."""
    now, known = timezone.now(), visible_accounts(request)
    account = _account(request)
    page = dismissed_page(
        known if account is None else [account], account, request.GET.get("page", "1"), set(_writable(request)), now
    )
    context = {"page": page, "shell": shell(known, now, account), "section": "queue"}
    return render(request, "dashboard/dismissed.html", context)


@require_POST
def no_reply(request: HttpRequest) -> HttpResponse:
    """Say of the ticked waits, or of the one whose button was pressed, that they need no reply."""
    reason = REASONS.get(request.POST.get("reason", ""))
    chosen = [request.POST["only"]] if "only" in request.POST else request.POST.getlist("turn")
    if reason is None or len(chosen) > MOST or not all(number.isdecimal() and len(number) < 19 for number in chosen):
        raise Http404
    now, user, writable = timezone.now(), cast(User, request.user), _writable(request)
    by_account: dict[int, list[int]] = defaultdict(list)
    turns = Turn.objects.filter(pk__in=chosen, account__in=writable)
    for account_id, turn in turns.values_list("account_id", "pk"):
        by_account[account_id].append(turn)
    said = _("No reply needed, said in the reply queue: %(reason)s") % {"reason": reason}
    count = 0
    for account_id, numbers in by_account.items():
        try:
            count += dismiss(writable[account_id], numbers, by=user, now=now, reason=said)
        except CorrectionError as error:
            messages.warning(request, str(error))
    if count:
        text = ngettext("%(count)s wait needs no reply.", "%(count)s waits need no reply.", count) % {"count": count}
        button = '{} <button class="link" form="undo" name="said_at" value="{}">{}</button>'
        messages.success(request, format_html(button, text, now.isoformat(), _("Undo")))
    elif not chosen:
        messages.info(request, _("Tick the messages first."))
    else:
        messages.info(request, _("Nobody waits there any more."))
    return _back(request)


@require_POST
def wait_again(request: HttpRequest) -> HttpResponse:
    """Take back what was said in one step, of all its conversations or of one."""
    said_at = _moment(request.POST.get("said_at", ""))
    number = request.POST.get("conversation", "")
    if said_at is None or (number and not (number.isdecimal() and len(number) < 19)):
        raise Http404
    now, user = timezone.now(), cast(User, request.user)
    accounts = list(_writable(request).values())
    count = restore(accounts, said_at, by=user, now=now, conversation=int(number) if number else None)
    text = ngettext("%(count)s message waits again.", "%(count)s messages wait again.", count)
    messages.success(request, text % {"count": count})
    return _back(request, "queue_dismissed" if request.POST.get("from") == "dismissed" else "queue")


def _page(request: HttpRequest) -> QueuePage:
    address = QueueFilter(request.GET)
    return queue_page(
        visible_accounts(request),
        _account(request),
        address,
        request.GET.get("page", "1"),
        set(_writable(request)),
        _person(request),
        timezone.now(),
    )


def _person(request: HttpRequest) -> Person:
    user = cast(User, request.user)
    return Person(user.pk, (user.get_full_name(), user.get_username()))


def _account(request: HttpRequest) -> SellerAccount | None:
    key = request.GET.get("account", "")
    return account_or_404(request, key) if key else None


def _writable(request: HttpRequest) -> dict[int, SellerAccount]:
    return SellerAccount.objects.writable_by(request.user).in_bulk()


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _back(request: HttpRequest, name: str = "queue") -> HttpResponseRedirect:
    """The page from which it was said, with its filters."""
    query = request.POST.get("query", "")
    return redirect(f"{reverse(name)}?{query}" if query else reverse(name))
