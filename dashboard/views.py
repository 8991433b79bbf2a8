"""The browser pages: each finds what the person may see, asks one function for the page, and renders it."""

from datetime import date, datetime
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.access import account_or_404, may_write, metric_or_404, visible_accounts, writable_ids
from dashboard.addresses import Chart, FleetFilter, Rows
from dashboard.before_after import before_after
from dashboard.files import said_day
from dashboard.known import known_on
from dashboard.note_form import Compared
from dashboard.pages.account import Day, account_page, report_day
from dashboard.pages.breakdown import only_of
from dashboard.pages.correct import ways_to_correct
from dashboard.pages.definitions import definitions
from dashboard.pages.fleet import fleet_page
from dashboard.pages.fleet_table import fleet_table
from dashboard.pages.metric import metric_page
from dashboard.pages.passport import account_passport, passport
from dashboard.pages.saved_views import saved_views
from dashboard.pages.shell import shell
from dashboard.pages.system import system_page
from dashboard.pages.week import week_page
from dashboard.words import place
from kpis.attempts import again
from kpis.attention import worse_side
from kpis.breakdowns import breakdown, split_of
from kpis.exports import breakdown_table, hours_table, rows_table
from kpis.files import Table
from kpis.hours import has_hours, hours
from kpis.metrics import Side
from kpis.readings import reading_on
from kpis.rows import rows, rows_behind
from sellers.days import local_day
from sellers.models import SellerAccount, User
from sellers.repair import ReasonForm


def fleet(request: HttpRequest) -> HttpResponse:
    """Every account this person may see, worst first."""
    now = timezone.now()
    accounts = visible_accounts(request)
    address, number = FleetFilter(request.GET), request.GET.get("page", "1")
    page = fleet_page(accounts, address, number, writable_ids(request), now)
    views = saved_views(cast(User, request.user), address)
    context = {"page": page, "views": views, "shell": shell(accounts, now), "section": "fleet"}
    return render(request, "dashboard/fleet.html", context)


def fleet_file(request: HttpRequest, now: datetime) -> Table:
    """The accounts that the address names, all pages of them."""
    return fleet_table(visible_accounts(request), FleetFilter(request.GET), now)


def account(request: HttpRequest, key: str) -> HttpResponse:
    """The score and every metric of one account on a report day."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    known = None if day.known is None else known_on(shop, day.on, day.known)
    if day.known is not None and known is None:
        return _nothing_known(request, shop, day, now)
    page = account_page(shop, day, now, Chart(request.GET).value("weeks"), known)
    around = shell(visible_accounts(request), now, shop)
    context = {"page": page, "shell": around, "section": "account", "may_write": may_write(request, shop)}
    return render(request, "dashboard/account.html", context)


def metric(request: HttpRequest, key: str, metric: str) -> HttpResponse:
    """One metric of one account: its weeks, its rule, and the rows behind it."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    declared, address, today = metric_or_404(metric), Rows(request.GET), local_day(now, shop.zone)
    known = None if day.known is None else known_on(shop, day.on, day.known)
    if day.known is not None and known is None:
        return _nothing_known(request, shop, day, now)
    writes = may_write(request, shop)
    page = metric_page(shop, declared, day, address, today, known, personal=writes)
    around = shell(visible_accounts(request), now, shop)
    correct = ways_to_correct(page.metric) if writes else None
    context = {"page": page, "shell": around, "section": "account", "correct": correct, "may_write": writes}
    if known is None:  # rows stand as they are now
        context["change"] = before_after(shop, declared, Compared(request.GET), day.newest, today, page.notes)
    return render(request, "dashboard/metric.html", context)


def week(request: HttpRequest, key: str, ends_on: date) -> HttpResponse:
    """The report of one week: its figures as published, its revisions, and the rows that moved them."""
    now = timezone.now()
    shop = account_or_404(request, key)
    page = week_page(shop, ends_on, report_day(shop, request.GET, now), request.GET)
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/week.html", {"page": page, "shell": around, "section": "account"})


def _nothing_known(request: HttpRequest, shop: SellerAccount, day: Day, now: datetime) -> HttpResponse:
    """A page without figures: none had been published by the day asked for."""
    page = {"account": shop, "day": day, "place": place(shop)}
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/unknown.html", {"page": page, "shell": around, "section": "account"})


def rows_file(request: HttpRequest, now: datetime, key: str, metric: str) -> Table:
    """One list of rows behind a figure. What the address does not say as it should is not found."""
    shop, declared, address = account_or_404(request, key), metric_or_404(metric), _said(request)
    on = said_day(shop, request.GET, now)
    side = Side(address.value("part") or worse_side(declared))
    every = rows(shop, declared, on, side)
    only = only_of(every.reading, address.value("by"), address.only, personal=may_write(request, shop))
    return rows_table(every if only is None else rows_behind(every.reading, side, only), on)


def breakdown_file(request: HttpRequest, now: datetime, key: str, metric: str) -> Table:
    """A figure by the values of one column."""
    shop, declared, address = account_or_404(request, key), metric_or_404(metric), _said(request)
    on = said_day(shop, request.GET, now)
    column = split_of(declared, address.value("by"), personal=may_write(request, shop))
    if column is None:
        raise Http404
    reading = reading_on(declared, shop, on)
    return breakdown_table(reading, on, column, breakdown(reading, column))


def hours_file(request: HttpRequest, now: datetime, key: str, metric: str) -> Table:
    """A figure by the hour of the week, over its own window or the one that the address asks for."""
    shop, declared, address = account_or_404(request, key), metric_or_404(metric), _said(request)
    on = said_day(shop, request.GET, now)
    if not has_hours(declared):
        raise Http404
    reading = reading_on(declared, shop, on, address.value("days"))
    return hours_table(reading, on, hours(reading))


def _said(request: HttpRequest) -> Rows:
    address = Rows(request.GET)
    if not address.is_valid():
        raise Http404
    return address


def definitions_page(request: HttpRequest) -> HttpResponse:
    """What every metric means."""
    around = shell(visible_accounts(request), timezone.now())
    context = {"groups": definitions(), "shell": around, "section": "definitions"}
    return render(request, "dashboard/definitions.html", context)


def passport_page(request: HttpRequest, metric: str) -> HttpResponse:
    """What one metric means everywhere."""
    page = passport(metric_or_404(metric))
    around = shell(visible_accounts(request), timezone.now())
    return render(request, "dashboard/passport.html", {"page": page, "shell": around, "section": "definitions"})


def account_passport_page(request: HttpRequest, key: str, metric: str) -> HttpResponse:
    """What one metric means for an account on a report day: the rule in force and its actual window."""
    now = timezone.now()
    shop = account_or_404(request, key)
    page = account_passport(metric_or_404(metric), shop, report_day(shop, request.GET, now))
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/passport.html", {"page": page, "shell": around, "section": "account"})


def system(request: HttpRequest) -> HttpResponse:
    """Whether everything is counted, alive, proved and complete; for staff, who have what failed tried again."""
    if not request.user.is_staff:
        raise Http404
    now = timezone.now()
    accounts = visible_accounts(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        again(accounts, form.cleaned_data["reason"])
        messages.success(request, _("What was set aside is tried again now."))
        return redirect("system")
    context = {
        "page": system_page(accounts, form, request.GET.get("page", "1"), now),
        "shell": shell(accounts, now),
        "section": "system",
    }
    return render(request, "dashboard/system.html", context)


def you(request: HttpRequest) -> HttpResponse:
    """A person's own settings."""
    around = shell(visible_accounts(request), timezone.now())
    return render(request, "dashboard/you.html", {"shell": around, "section": "you"})
