"""The pages of who answered and what about: each finds what the person may see, calls one function, and renders."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.access import account_or_404, people_seen, visible_accounts
from dashboard.addresses import People, PersonRows, Subjects
from dashboard.files import said_day
from dashboard.pages.account import report_day
from dashboard.pages.agents import agent_page, agents_page
from dashboard.pages.shell import shell
from dashboard.pages.topics import topics_page
from kpis import people as credited
from kpis import topics as ranked
from kpis.exports_people import people_table, topics_table
from kpis.files import Table


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


def agents_file(request: HttpRequest, now: datetime, key: str) -> Table:
    """The people and figures of the page. What the address does not say as it should is not found."""
    shop = account_or_404(request, key)
    address = People(request.GET)
    if not address.is_valid():
        raise Http404
    on = said_day(shop, request.GET, now)
    return people_table(credited.people(shop, on, address.value("days"), people_seen(request, shop)))


def topics_file(request: HttpRequest, now: datetime, key: str) -> Table:
    """The topics or channels and figures of the page."""
    shop = account_or_404(request, key)
    address = Subjects(request.GET)
    if not address.is_valid():
        raise Http404
    on, by = said_day(shop, request.GET, now), address.value("by")
    return topics_table(ranked.topics(shop, on, by), on, by)
