"""Whatever a page shows is what the API and the export give for the same account, day and filter.

Every page of the product stands in one of two lists: beside its twin, which compares it, or with the reason why it
shows no figure. A page that is in neither fails here, and so does a number on a page that its twin has not compared.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from kpis.catalogue import DECLARED
from kpis.metrics import Side
from sellers.models import SellerAccount
from tests import twins_accounts, twins_figures, twins_metric, twins_people, twins_queue
from tests.screens import LARGEST, SMALLEST, lived_in, pages
from tests.walking import Walk

pytestmark = pytest.mark.usefixtures("frozen")

TWINS: dict[str, Callable[[Walk], None]] = {
    "account": twins_figures.account,
    "account_passport": twins_metric.account_passport,
    "agent": twins_people.agent,
    "agents": twins_people.agents,
    "assessment": twins_figures.assessment,
    "conversation": twins_queue.conversation,
    "definitions": twins_metric.definitions,
    "first_replies": twins_figures.first_replies,
    "fleet": twins_accounts.fleet,
    "import": twins_queue.one_import,
    "imports": twins_queue.imports,
    "mail_preview": twins_accounts.mail_preview,
    "metric": twins_metric.metric,
    "order": twins_queue.order,
    "passport": twins_metric.passport,
    "queue": twins_queue.queue,
    "rejects": twins_queue.rejects,
    "report": twins_accounts.report,
    "reports": twins_accounts.reports,
    "system": twins_queue.system,
    "topics": twins_people.topics,
    "week": twins_figures.week,
    "weeks": twins_figures.weeks,
}
NO_FIGURES = {
    "account_new": "a form",
    "account_rejects": "rows of files as they arrived, and how many of them are open; those of an import are compared",
    "connection": "settings of a mailbox and the moments at which it was read",
    "connection_new": "a form",
    "connections": "mailboxes and the moments at which they were read",
    "correct": "a form",
    "correction": "what one change does to one row; the figures of its preview are compared in test_preview",
    "corrections": "what people changed; that they are so many is no figure of service",
    "find": "rows that begin as one typed, and how many do",
    "import_new": "a form",
    "note": "a note; before and after it stand on the page of the metric",
    "note_new": "a form",
    "notes": "what people noted",
    "queue_dismissed": "waits that people took out, with the moments at which they did",
    "subscription": "a form",
    "subscription_new": "a form",
    "subscriptions": "what is mailed to whom and when",
    "unsubscribe": "a question",
    "you": "a person's settings",
}


def test_every_page_is_compared_or_shows_no_figure() -> None:
    assert TWINS.keys() | NO_FIGURES.keys() == {str(page.name) for page in pages()}
    assert not TWINS.keys() & NO_FIGURES.keys()


def test_pages_show_what_the_api_and_the_files_give(client: Client, db: None) -> None:
    client.force_login(lived_in())
    accounts = list(SellerAccount.objects.order_by("name", "key"))
    walk = Walk(client, SellerAccount.objects.get(key=LARGEST), accounts)
    for name, compare in TWINS.items():
        before = walk.compared
        compare(walk)
        assert walk.compared > before, name
    files_of_rows(Walk(client, SellerAccount.objects.get(key=SMALLEST), accounts))
    assert not walk.faults, "\n".join(walk.faults)
    assert walk.compared > 10_000


def files_of_rows(walk: Walk) -> None:
    """The files of the smallest account's lists: as many lines as the API counts, the same in both kinds."""
    for metric in DECLARED:
        for side in Side:
            count = walk.of(f"rows/{metric.slug}?part={side}&limit=1")["count"]
            lines = walk.file("rows", walk.shop.key, metric.slug, query=f"?part={side}")
            assert len(lines) - 1 == count, f"{metric.slug} {side}: {len(lines) - 1} in the file, {count} in the API"
