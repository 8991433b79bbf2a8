"""The pages of who answered and what about: each finds what the person may see, calls one function, and renders."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.access import account_or_404, people_seen, visible_accounts
from dashboard.addresses import People, PersonRows, Subjects
from dashboard.pages.account import report_day
from dashboard.pages.agents import agent_page, agents_page
from dashboard.pages.shell import shell
from dashboard.pages.topics import topics_page
from kpis import people as credited
from kpis import topics as ranked
from kpis.exports import csv_table
from kpis.exports_people import Table, people_table, topics_table
from sellers.models import SellerAccount


def agents(request: HttpRequest, key: str) -> HttpResponse:
    """The people who answer in one account: everybody to those who manage it, others themselves."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    page = agents_page(shop, day, People(request.GET), request.GET.get("page", "1"), people_seen(request, shop))
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/agents.html", {"page": page, "shell": around, "section": "account"})


def agent(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One person's figures and the rows credited to them."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    address, seen = PersonRows(request.GET), people_seen(request, shop)
    page = agent_page(shop, number, day, address, seen)
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/agent.html", {"page": page, "shell": around, "section": "account"})


def topics(request: HttpRequest, key: str) -> HttpResponse:
    """What late turns and unsolved answers of one account were about."""
    now = timezone.now()
    shop = account_or_404(request, key)
    day = report_day(shop, request.GET, now)
    page = topics_page(shop, day, Subjects(request.GET).value("by"))
    around = shell(visible_accounts(request), now, shop)
    return render(request, "dashboard/topics.html", {"page": page, "shell": around, "section": "account"})


def agents_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The people and figures of the page as a file. What the address does not say as it should is not found."""
    shop = account_or_404(request, key)
    on, address = _day(shop, request), People(request.GET)
    if not address.is_valid():
        raise Http404
    days = address.value("days")
    found = credited.people(shop, on, days, people_seen(request, shop))
    return _file(shop, people_table(found), f"{shop.key}-agents-{days}-days-{on.isoformat()}.csv")


def topics_csv(request: HttpRequest, key: str) -> HttpResponse:
    """The topics or channels and figures of the page as a file."""
    shop = account_or_404(request, key)
    on, address = _day(shop, request), Subjects(request.GET)
    if not address.is_valid():
        raise Http404
    by = address.value("by")
    return _file(shop, topics_table(ranked.topics(shop, on, by)), f"{shop.key}-{by}s-{on.isoformat()}.csv")


def _day(shop: SellerAccount, request: HttpRequest) -> date:
    day = report_day(shop, request.GET, timezone.now())
    if day.problem:
        raise Http404
    return day.on


def _file(shop: SellerAccount, table: Table, name: str) -> HttpResponse:
    return HttpResponse(
        csv_table(table.titles, table.rows, shop.zone),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
