"""The pages of weekly reports: each finds what the person may see, asks one function for the page, and renders it."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.access import account_or_404, visible_accounts
from dashboard.pages.reports import known_in, report_page, reports_page
from dashboard.pages.shell import shell
from dashboard.pages.weeks import weeks_page


def weeks(request: HttpRequest, key: str) -> HttpResponse:
    """Every published week of one account."""
    shop = account_or_404(request, key)
    page = weeks_page(shop, request.GET.get("page", "1"))
    around = shell(visible_accounts(request), timezone.now(), shop)
    return render(request, "dashboard/weeks.html", {"page": page, "shell": around, "section": "account"})


def reports(request: HttpRequest) -> HttpResponse:
    """Every week with how the scores of all accounts stood."""
    now = timezone.now()
    accounts = visible_accounts(request)
    page = reports_page(accounts, request.GET.get("page", "1"), now)
    return render(
        request, "dashboard/reports.html", {"page": page, "shell": shell(accounts, now), "section": "reports"}
    )


def report(request: HttpRequest, day: date) -> HttpResponse:
    """One week over all accounts, worst first."""
    now = timezone.now()
    accounts = visible_accounts(request)
    page = report_page(accounts, day, request.GET.get("page", "1"), now, known_in(request.GET, now))
    return render(request, "dashboard/report.html", {"page": page, "shell": shell(accounts, now), "section": "reports"})
