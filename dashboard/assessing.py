"""The page that assesses an account by the eight aspects of customer service."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.access import account_or_404, visible_accounts
from dashboard.pages.account import report_day
from dashboard.pages.assessment import assessment_page
from dashboard.pages.shell import shell


def assessment(request: HttpRequest, key: str) -> HttpResponse:
    """The eight aspects of one account on a report day."""
    now = timezone.now()
    shop = account_or_404(request, key)
    page = assessment_page(shop, report_day(shop, request.GET, now), now)
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/assessment.html", {"page": page, "shell": around, "section": "account"})
