"""Whatever comes in, nothing escapes: a few hundred damaged files; `python -m bench.fuzz` tries tens of thousands."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from intake import checks, imports, raw
from intake.contexts import context_for
from intake.models import ImportRun, RejectedRow
from intake.readers import READERS
from intake.readers.text import FileUnreadable
from sellers.models import Membership
from tests.makers import NOW, make_account, make_user
from tests.mutations import inputs, samples

pytestmark = pytest.mark.django_db

SEED = 20260120


def found_again(account, name: str, content: bytes) -> ImportRun:
    """A file that is taken in: its bytes are kept, its rows add up, those set aside are there."""
    run = imports.store(account, name, io.BytesIO(content), now=NOW)
    imports.run(run.pk, now=NOW)
    run.refresh_from_db()
    assert run.state in (ImportRun.State.DONE, ImportRun.State.FAILED), name
    assert raw.open_item(run.raw_item).read() == content, name
    counts = run.counts()
    assert counts.pop("received") == sum(counts.values()), name
    return run


@pytest.mark.parametrize("part", range(6))
def test_damaged_files_are_kept_and_their_rows_add_up(part):
    account = make_account("acme", marketplace="US", time_zone="America/Los_Angeles")
    for name, content in inputs(SEED + part, 60):
        found_again(account, name, content)
    assert not RejectedRow.objects.filter(code="internal_error").exists()


def test_damaged_files_are_looked_at_and_shown():
    account = make_account("acme", marketplace="DE", time_zone="Europe/Berlin")
    client = Client()
    client.force_login(make_user("", account, role=Membership.Role.MANAGER))
    for name, content in inputs(SEED + 100, 60):
        sent = SimpleUploadedFile("damaged", content or b" ")
        assert client.post(reverse("import_new"), {"account": "acme", "sent": [sent]}).status_code == 302, name
        run = ImportRun.objects.latest("pk")
        checks.check(run.pk, now=NOW)
        assert client.get(reverse("import", args=[run.pk])).status_code == 200, name


@pytest.mark.parametrize("source", sorted(READERS))
def test_every_reader_survives_every_sample_of_the_others(source):
    context = context_for(make_account(marketplace="JP", time_zone="Asia/Tokyo"), NOW)
    for content in samples().values():
        try:
            rows = list(READERS[source].read(io.BytesIO(content), context))
        except FileUnreadable:
            continue
        places = [row.pointer for row in rows]
        assert len(places) == len(set(places)), "two rows of one file have the same place"
