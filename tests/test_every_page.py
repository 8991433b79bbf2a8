"""What holds on every page, with the sample accounts: what it costs, what it weighs, and what it needs to be read."""

import gzip
import re

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.urls import urlpatterns
from sellers.models import SellerAccount
from tests.screens import LARGEST, NO_PAGES, QUERIES, SMALLEST, lived_in, pages, path_of

pytestmark = pytest.mark.usefixtures("frozen")

MOST_KB = 150


def test_every_address_is_a_page_with_a_stated_cost_or_none() -> None:
    assert {str(page.name) for page in pages()} == QUERIES.keys()
    assert {str(pattern.name) for pattern in urlpatterns} >= QUERIES.keys() | NO_PAGES


def test_pages_cost_and_weigh_what_is_stated_and_read_without_a_script(client: Client, db: None) -> None:
    client.force_login(lived_in())
    faults, costs = [], {}
    for page in pages():
        name = str(page.name)
        for key in (LARGEST, SMALLEST):
            path = path_of(page, SellerAccount.objects.get(key=key))
            client.get(path)  # the first reader of the day may leave a note
            caches["pages"].clear()  # what it costs to make the page
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(path)
            html = answer.content.decode()
            costs.setdefault(name, []).append(len(asked))
            if answer.status_code != 200:
                faults.append(f"{path}: {answer.status_code}")
            if len(gzip.compress(answer.content)) > MOST_KB * 1000:
                faults.append(f"{path}: {len(gzip.compress(answer.content)) // 1000} kB gzipped")
            if ("<canvas" in html) != ("chart.umd" in html):
                faults.append(f"{path}: the chart library comes if and only if there is a chart")
            if html.count("<canvas") > html.count('class="twin"'):
                faults.append(f"{path}: a chart without its table")
            if keys := re.findall(r' (?:id|href|for|name|value|aria-describedby)="[^"]*\d,\d{3}\b[^"]*"', html):
                faults.append(f"{path}: keys written as figures are: {keys[:3]}")
            if re.search(r"<[^>]+ style=", html) or re.search(r" on\w+=\"", html):
                faults.append(f"{path}: style or script within the page, which the content policy refuses")
    for name, each in costs.items():
        if max(each) != QUERIES.get(name):
            faults.append(f"{name}: {each} queries, {QUERIES.get(name)} stated")
    assert not faults, "\n".join(faults)
