"""The pages of weekly reports by mail: subscribe, change, pause, preview, the log, and the way out without signing in.

The web never sends: "send me one now" makes a delivery that a worker picks up.
"""

from typing import Any, cast

from csp.decorators import csp
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashboard.access import visible_accounts
from dashboard.forms import SubscriptionForm
from dashboard.mailing import sending
from dashboard.mailing.letter import subscription_of
from dashboard.models import Subscription
from dashboard.pages.shell import shell
from dashboard.pages.subscriptions import preview_page, subscription_page, subscriptions_page
from sellers.models import User

# What a mail may do: carry its styles in its attributes, and be framed or run by nobody.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"],
}


def listing(request: HttpRequest) -> HttpResponse:
    """A person's subscriptions and the log of what was sent."""
    page = subscriptions_page(cast(User, request.user), request.GET.get("page", "1"))
    return _render(request, "dashboard/subscriptions.html", page)


def new(request: HttpRequest) -> HttpResponse:
    """Subscribe."""
    user, accounts = cast(User, request.user), visible_accounts(request)
    blank = Subscription(
        user=user, language=get_language() or "en", time_zone=accounts[0].time_zone if accounts else ""
    )
    form = SubscriptionForm(request.POST or None, instance=blank, accounts=accounts)
    if request.method == "POST" and form.is_valid():
        kept = form.keep(timezone.now())
        messages.success(request, _("You get this report by mail from now on."))
        return redirect("subscription", kept.pk)
    return _render(request, "dashboard/subscription.html", subscription_page(None, form))


def one(request: HttpRequest, number: int) -> HttpResponse:
    """Change a subscription."""
    found = _own(request, number)
    form = SubscriptionForm(request.POST or None, instance=found, accounts=visible_accounts(request))
    if request.method == "POST" and form.is_valid():
        form.keep(timezone.now())
        messages.success(request, _("The subscription was changed."))
        return redirect("subscription", number)
    return _render(request, "dashboard/subscription.html", subscription_page(_own(request, number), form))


@require_POST
def step(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """Pause, resume, send one now, or remove."""
    found, now = _own(request, number), timezone.now()
    if step in ("pause", "resume"):
        found.active = step == "resume"
        found.next_at = found.due_after(now) if found.active else None
        found.save(update_fields=["active", "next_at"])
        messages.success(request, _("Resumed.") if found.active else _("Paused. No report is mailed until you resume."))
    elif step == "send":
        if sending.ask(found, now):
            messages.success(request, _("The newest report is mailed within a minute."))
        else:
            messages.warning(
                request, _("There is no published week yet, or you have asked for many today. Try again later.")
            )
    elif step == "remove":
        found.delete()
        messages.success(request, _("The subscription was removed."))
        return redirect("subscriptions")
    else:
        raise Http404
    return redirect("subscription", number)


def preview(request: HttpRequest, number: int) -> HttpResponse:
    """The next mail as text, with the way to its HTML."""
    return _render(request, "dashboard/mail_preview.html", preview_page(_own(request, number), timezone.now()))


@csp(MAIL_POLICY)  # type: ignore[arg-type]  # its types know no view with arguments
def preview_html(request: HttpRequest, number: int) -> HttpResponse:
    """The HTML of the next mail as it is sent: a page of its own under a policy of its own."""
    page = preview_page(_own(request, number), timezone.now())
    if page.letter is None:
        raise Http404
    return HttpResponse(page.letter.html)


@csrf_exempt  # the mail program of the recipient posts here, without any cookie: the signature is the permission
@login_not_required
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ends a subscription by POST, which mail programs send by themselves; GET only asks, since scanners follow links.

    https://www.rfc-editor.org/rfc/rfc8058
    """
    found = subscription_of(token)
    if found is None:
        raise Http404
    if request.method == "POST":
        found.active, found.next_at = False, None
        found.save(update_fields=["active", "next_at"])
    return render(request, "dashboard/unsubscribe.html", {"active": found.active, "ended": request.method == "POST"})


def _own(request: HttpRequest, number: int) -> Subscription:
    return get_object_or_404(Subscription, pk=number, user=cast(User, request.user))


def _render(request: HttpRequest, template: str, page: Any) -> HttpResponse:
    around = shell(visible_accounts(request), timezone.now())
    return render(request, template, {"page": page, "shell": around, "section": "you"})
