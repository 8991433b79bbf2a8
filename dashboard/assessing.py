"""The pages beside an account's figures: its assessment by eight aspects, and how fast buyers get a first reply."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.access import account_or_404, may_write, visible_accounts
from dashboard.addresses import WaitedFor
from dashboard.pages.account import report_day
from dashboard.pages.assessment import assessment_page
from dashboard.pages.first_replies import first_replies_page
from dashboard.pages.shell import shell


def assessment(request: HttpRequest, key: str) -> HttpResponse:
    """The eight aspects of one account on a report day."""
    now = timezone.now()
    shop = account_or_404(request, key)
    page = assessment_page(shop, report_day(shop, request.GET, now), now)
    around = shell(visible_accounts(request), now, shop)
    context = {"page": page, "shell": around, "section": "account", "may_write": may_write(request, shop)}
    return render(request, "dashboard/assessment.html", context)


def first_replies(request: HttpRequest, key: str) -> HttpResponse:
    """The conversations of one account whose buyers waited equally long for a first reply."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    wait = WaitedFor(request.GET).value("wait")
    page = first_replies_page(shop, day, wait, request.GET)
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/first_replies.html", {"page": page, "shell": around, "section": "account"})
