"""Data in through REST: who may send, what is refused and how, and that a batch or file is never taken in twice."""

import gzip
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from rest_framework.test import APIClient

from intake import imports
from intake.gate import BATCH_BYTES
from intake.models import BatchReceipt, ImportRun, RawItem, RejectedRow
from messaging.models import Message
from orders.models import Order
from sellers.api_auth import make_token
from sellers.models import Membership, SellerAccount, User
from tests.makers import NOW, make_account, make_user

pytestmark = pytest.mark.django_db

BATCH = json.loads((Path(__file__).parent / "data" / "ingest_batch.json").read_text())
ORDER = {"type": "order", "external_id": "o-1", "placed_at": "2026-01-05T10:00:00Z", "status": "shipped"}
FORM = "multipart/form-data; boundary=b"
CSV = b"external_id,placed_at,status\no-1,2026-01-05T10:00:00Z,shipped\no-2,never,shipped\n"


@pytest.fixture
def ours() -> SellerAccount:
    return make_account("ours")


@pytest.fixture
def manager(ours: SellerAccount) -> User:
    return make_user("manager", ours, role=Membership.Role.MANAGER)


@pytest.fixture
def client(manager: User, ours: SellerAccount) -> APIClient:
    return bearer(make_token("ingest", manager, [ours], ["ingest"], None)[1])


def bearer(key: str) -> APIClient:
    return APIClient(headers={"authorization": f"Bearer {key}"})


def batch(*records: Any, **words: Any) -> dict[str, Any]:
    envelope = {"schema": "1", "batch_id": "b-1", "account": "ours", "system": "x-demo"}
    return {**envelope, "observed_at": "2026-01-06T00:00:00Z", "records": list(records), **words}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = json.loads(response.content)
    codes = {document["code"], *(error["code"] for error in document.get("errors", ()))}
    assert code in codes, document
    return document


def post_bytes(client: APIClient, body: bytes, **headers: Any) -> Any:
    return client.generic(
        "POST", "/api/v1/ingest", body, content_type=headers.pop("type", "application/json"), **headers
    )


# --- Batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_answered_with_counts_errors_and_warnings(client: APIClient) -> None:
    answer = client.post("/api/v1/ingest", batch(ORDER, {**ORDER, "external_id": "o-2", "status": "lost"})).json()
    row = RejectedRow.objects.get()
    assert answer == {
        "batch_id": "b-1", "received": 2, "created": 1, "updated": 0, "unchanged": 0, "stale": 0, "quarantined": 1,
        "errors": [{
            "index": 1, "type": "order", "external_id": "o-2", "field": "status", "code": "bad_enum",
            "message": answer["errors"][0]["message"], "rejected_row": row.pk,
        }],
        "warnings": [],
    }  # fmt: skip


def test_the_sample_batch_gives_the_sample_answer(manager: User, ours: SellerAccount) -> None:
    account = make_account("acme-us", time_zone="America/Los_Angeles")
    Membership.objects.create(user=manager, account=account, role=Membership.Role.MANAGER)
    sender = bearer(make_token("two", manager, [ours, account], ["ingest"], None)[1])
    moved = json.loads(json.dumps(BATCH).replace("2026-11", "2025-11").replace("2026-10", "2025-10"))
    answer = sender.post("/api/v1/ingest", moved).json()
    assert (answer["received"], answer["created"], answer["errors"], answer["warnings"]) == (14, 14, [], [])


def test_the_same_batch_again_gets_the_first_answer_and_another_body_a_conflict(client: APIClient) -> None:
    first = client.post("/api/v1/ingest", batch(ORDER)).json()
    assert client.post("/api/v1/ingest", batch(ORDER)).json() == first
    assert (first["created"], RawItem.objects.count()) == (1, 1)
    problem(client.post("/api/v1/ingest", batch({**ORDER, "status": "pending"})), 409, "batch_id_used")
    assert Order.objects.get().status == "shipped"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_being_taken_in_says_when_to_come_back(client: APIClient) -> None:
    client.post("/api/v1/ingest", batch(ORDER))
    BatchReceipt.objects.update(answer=None, answered_at=None)
    at_work, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            BatchReceipt.objects.select_for_update().get()
            at_work.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert at_work.wait(20)
    response = client.post("/api/v1/ingest", batch(ORDER))
    done.set()
    other.join()
    problem(response, 409, "in_progress")
    assert int(response["Retry-After"]) > 0
    assert client.post("/api/v1/ingest", batch(ORDER)).json()["received"] == 1


def test_batch_ids_belong_to_their_sender(client: APIClient, manager: User, ours: SellerAccount) -> None:
    client.post("/api/v1/ingest", batch(ORDER))
    other = bearer(make_token("other", manager, [ours], ["ingest"], None)[1])
    assert other.post("/api/v1/ingest", batch({**ORDER, "external_id": "o-2"})).json()["created"] == 1


def test_gzip_is_taken_and_must_end_properly(client: APIClient) -> None:
    packed = gzip.compress(json.dumps(batch(ORDER)).encode())
    problem(post_bytes(client, packed[:-6], HTTP_CONTENT_ENCODING="gzip"), 400, "parse_error")
    problem(post_bytes(client, packed + b"x", HTTP_CONTENT_ENCODING="gzip"), 400, "parse_error")
    assert post_bytes(client, packed, HTTP_CONTENT_ENCODING="gzip").json()["created"] == 1


def test_five_mebibytes_unpacked_are_the_limit(client: APIClient) -> None:
    small = batch(ORDER, padding="")
    room = BATCH_BYTES - len(json.dumps(small).encode())
    exact = json.dumps({**small, "padding": "x" * room}).encode()
    assert len(exact) == BATCH_BYTES
    problem(post_bytes(client, exact + b" "), 413, "too_large")
    problem(post_bytes(client, gzip.compress(exact + b" "), HTTP_CONTENT_ENCODING="gzip"), 413, "too_large")
    assert post_bytes(client, exact).json()["created"] == 1


def test_a_thousand_records_are_the_limit(client: APIClient) -> None:
    problem(client.post("/api/v1/ingest", batch(*[ORDER] * 1001)), 413, "too_large")
    assert client.post("/api/v1/ingest", batch(*[ORDER] * 1000)).json()["created"] == 1


def test_a_body_shorter_than_its_stated_length_is_refused(client: APIClient) -> None:
    body = json.dumps(batch(ORDER)).encode()
    for tenth in range(10):
        cut = body[: len(body) * tenth // 10]
        # A connection that broke: the server says how much was promised and hands over what came.
        response = post_bytes(client, body, **{"wsgi.input": io.BytesIO(cut)})
        problem(response, 400, "parse_error")
    problem(post_bytes(client, body, CONTENT_LENGTH=""), 411, "length_required")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b" ", b"{", b"[]", b"7", b"nothing", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000,
        b'{"records":' + b"[" * 5_000 + b"]" * 5_000 + b"}", b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"a": 1e99999999999999999999}',
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_a_bad_request(client: APIClient, body: bytes) -> None:
    problem(post_bytes(client, body), 400, "parse_error")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"schema": "2"}, "schema"), ({"batch_id": ""}, "batch_id"), ({"batch_id": "x" * 256}, "batch_id"),
        ({"batch_id": "a\x00b"}, "batch_id"), ({"batch_id": 7}, "batch_id"), ({"account": None}, "account"),
        ({"account": 7}, "account"), ({"system": "nobody"}, "system"), ({"observed_at": "2026-01-06"}, "observed_at"),
        ({"observed_at": "9999-12-31T23:59:59Z"}, "observed_at"), ({"records": {}}, "records"),
    ],
)  # fmt: skip
def test_a_broken_envelope_is_a_bad_request_that_names_the_field(
    client: APIClient, wrong: dict[str, Any], code: str
) -> None:
    document = problem(client.post("/api/v1/ingest", batch(ORDER, **wrong)), 400, "envelope")
    assert document["errors"][0]["name"] == code
    assert not RawItem.objects.exists()


def test_only_json_is_taken(client: APIClient) -> None:
    body = json.dumps(batch(ORDER)).encode()
    problem(post_bytes(client, body, type="text/plain"), 415, "unsupported_media_type")
    problem(post_bytes(client, body, type="application/json; charset=latin-1"), 415, "unsupported_media_type")
    problem(post_bytes(client, body, HTTP_CONTENT_ENCODING="br"), 415, "unsupported_media_type")
    assert post_bytes(client, body, type="application/json; charset=utf-8").status_code == 200


def test_a_database_that_is_away_is_a_503_and_the_batch_may_be_sent_again(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_options: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr("intake.api.ingest", away)  # the database cannot be taken away from under a test
        response = client.post("/api/v1/ingest", batch(ORDER))
    problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"
    assert client.post("/api/v1/ingest", batch(ORDER)).json()["created"] == 1


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_an_account_one_may_not_write_does_not_exist(client: APIClient, manager: User) -> None:
    theirs = make_account("theirs")
    missing = problem(client.post("/api/v1/ingest", batch(ORDER, account="nowhere")), 404, "not_found")
    assert problem(client.post("/api/v1/ingest", batch(ORDER, account="theirs")), 404, "not_found") == missing
    viewer = make_user("viewer", theirs)
    key = make_token("viewer", viewer, [theirs], ["ingest"], None)[1]
    problem(bearer(key).post("/api/v1/ingest", batch(ORDER, account="theirs")), 404, "not_found")
    assert not Order.objects.exists()


def test_a_record_may_name_another_account_only_if_the_sender_may_write_it(client: APIClient) -> None:
    make_account("theirs")
    answer = client.post("/api/v1/ingest", batch({**ORDER, "account": "theirs"}, ORDER)).json()
    assert (answer["created"], answer["errors"][0]["code"]) == (1, "unknown_account")
    assert Order.objects.get().account.key == "ours"


def test_a_reading_token_may_look_but_not_send(manager: User, ours: SellerAccount) -> None:
    reader = bearer(make_token("read", manager, [ours], ["read"], None)[1])
    run = imports.store(ours, "orders.csv", io.BytesIO(CSV), now=NOW)
    problem(reader.post("/api/v1/ingest", batch(ORDER)), 403, "scope")
    problem(reader.post("/api/v1/files", {"account": "ours"}, format="multipart"), 403, "scope")
    assert reader.get(f"/api/v1/imports/{run.pk}").json()["state"] == "queued"
    problem(APIClient().post("/api/v1/ingest", batch(ORDER)), 401, "not_authenticated")


def test_imports_and_rejects_of_others_do_not_exist(client: APIClient) -> None:
    theirs = make_account("theirs")
    run = imports.store(theirs, "orders.csv", io.BytesIO(CSV), now=NOW)
    imports.run(run.pk, now=NOW)
    row = RejectedRow.objects.get()
    problem(client.get(f"/api/v1/imports/{run.pk}"), 404, "not_found")
    problem(client.get(f"/api/v1/imports/{run.pk}/rejects"), 404, "not_found")
    problem(client.post(f"/api/v1/rejects/{row.pk}/retry", {}), 404, "not_found")
    problem(client.get(f"/api/v1/imports/{10**17}"), 404, "not_found")
    problem(client.get(f"/api/v1/imports/{10**30}"), 404, "not_found")


def test_a_viewer_sees_the_import_but_not_the_rows_text(ours: SellerAccount) -> None:
    run = imports.store(ours, "orders.csv", io.BytesIO(CSV), now=NOW)
    viewer = APIClient()
    viewer.force_login(make_user("viewer", ours))
    assert viewer.get(f"/api/v1/imports/{run.pk}").status_code == 200
    problem(viewer.get(f"/api/v1/imports/{run.pk}/rejects"), 404, "not_found")


# --- Files -----------------------------------------------------------------------------------------------------------


def upload(client: APIClient, content: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("orders.csv", content, content_type="text/csv")
    return client.post("/api/v1/files", {"file": file, "account": "ours", **fields}, format="multipart")


def test_a_file_is_kept_queued_and_taken_in_by_a_worker(client: APIClient, manager: User) -> None:
    response = upload(client, CSV)
    sent = response.json()
    assert (response.status_code, sent["state"], sent["received"]) == (202, "queued", 0)
    assert response["Location"] == f"/api/v1/imports/{sent['id']}"
    assert ImportRun.objects.get().created_by == manager
    assert imports.run_open(now=NOW, seconds=60) == 1
    done = client.get(response["Location"]).json()
    assert (done["state"], done["source"], done["received"], done["created"], done["quarantined"]) == (
        "done", "file.orders", 2, 1, 1,
    )  # fmt: skip
    error = done["errors"][0]
    assert (error["pointer"], error["field"], error["code"]) == ("line 3", "placed_at", "bad_timestamp")


def test_a_file_form_is_checked(client: APIClient) -> None:
    problem(upload(client, CSV, source="file.nothing"), 400, "invalid_choice")
    problem(upload(client, CSV, colour="red"), 400, "unknown_field")
    problem(upload(client, CSV, account="nowhere"), 404, "not_found")
    problem(client.post("/api/v1/files", {"account": "ours"}, format="multipart"), 400, "required")
    assert not RawItem.objects.exists()


# --- Rows that were set aside ----------------------------------------------------------------------------------------


@pytest.fixture
def rejected(client: APIClient) -> RejectedRow:
    run = upload(client, CSV).json()
    imports.run(run["id"], now=NOW)
    return RejectedRow.objects.get()


def test_rejects_are_listed_in_pages(client: APIClient, ours: SellerAccount) -> None:
    lines = "".join(f"o-{number},never,shipped\n" for number in range(5))
    run = imports.store(ours, "x.csv", io.BytesIO(f"external_id,placed_at,status\n{lines}".encode()), now=NOW)
    imports.run(run.pk, now=NOW)
    first = client.get(f"/api/v1/imports/{run.pk}/rejects?limit=2").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
    assert first["results"][0]["row_text"] == "o-0,never,shipped"
    last = client.get(client.get(first["next"]).json()["next"]).json()
    assert ([row["external_id"] for row in last["results"]], last["next"]) == (["o-4"], None)
    for query in ("limit=0", "limit=1001", "page=x", "page=-1", "colour=red", f"page={'9' * 30}"):
        assert client.get(f"/api/v1/imports/{run.pk}/rejects?{query}").status_code == 400


def test_a_repaired_row_is_taken_in_as_of_when_it_first_arrived(
    client: APIClient, rejected: RejectedRow, manager: User
) -> None:
    url = f"/api/v1/rejects/{rejected.pk}/retry"
    again = client.post(url, {}).json()
    assert (again["state"], again["attempts"], again["code"]) == ("open", 2, "bad_timestamp")
    done = client.post(url, {"fixed_text": "o-2,2026-01-06T10:00:00Z,shipped"}).json()
    assert (done["state"], done["attempts"], done["row_text"]) == ("resolved", 3, "o-2,never,shipped")
    row = Order.objects.get(external_id="o-2")
    assert list(row.stated) == [str(int(RawItem.objects.get().received_at.timestamp() * 1000))]
    rejected.refresh_from_db()
    assert rejected.resolved_by == manager
    problem(client.post(url, {}), 409, "resolved")


def test_a_repair_must_be_exactly_one_row(client: APIClient, rejected: RejectedRow) -> None:
    two = "o-2,2026-01-06T10:00:00Z,shipped\no-3,2026-01-06T10:00:00Z,shipped"
    again = client.post(f"/api/v1/rejects/{rejected.pk}/retry", {"fixed_text": two}).json()
    assert (again["state"], again["code"]) == ("open", "unknown_format")
    assert Order.objects.count() == 1


def test_a_row_of_a_batch_is_repaired_as_json(client: APIClient) -> None:
    said = {"type": "message", "external_id": "m-1", "conversation_external_id": "c-1", "direction": "inbound",
            "author_kind": "buyer", "sent_at": "2026-01-05T10:00:00"}  # fmt: skip
    answer = client.post("/api/v1/ingest", batch(said)).json()
    assert answer["errors"][0]["code"] == "missing_timezone"
    fixed = json.dumps({**said, "sent_at": "2026-01-05T10:00:00Z"})
    row = answer["errors"][0]["rejected_row"]
    assert client.post(f"/api/v1/rejects/{row}/retry", {"fixed_text": fixed}).json()["state"] == "resolved"
    assert Message.objects.get().system == "x-demo"


def test_numbers_of_a_row_that_was_set_aside_stay_numbers(client: APIClient) -> None:
    more = '"weight": 1.50, "parts": [{"grams": 2e-3, "count": 3, "code": "0.5"}], "status": "%s"'
    record = '{"type": "order", "external_id": "%s", "placed_at": "2026-01-05T10:00:00Z", ' + more + "}"
    envelope = json.dumps(batch("RECORDS"))
    both = record % ("o-1", "lost") + ", " + record % ("o-2", "shipped")
    post_bytes(client, envelope.replace('"RECORDS"', both).encode())
    row = RejectedRow.objects.get()
    assert row.row_text == (record % ("o-1", "lost")).replace("2e-3", "0.002")
    fixed = row.row_text.replace("lost", "shipped")
    assert client.post(f"/api/v1/rejects/{row.pk}/retry", {"fixed_text": fixed}).json()["state"] == "resolved"
    repaired, direct = Order.objects.order_by("external_id")
    assert repaired.extra == direct.extra
    assert direct.extra["weight"] == 1.5


def test_a_row_that_names_another_account_is_set_aside_where_only_its_people_read_it(
    client: APIClient, manager: User, ours: SellerAccount
) -> None:
    theirs = make_account("theirs")
    Membership.objects.create(user=manager, account=theirs, role=Membership.Role.MANAGER)
    both = bearer(make_token("both", manager, [ours, theirs], ["ingest"], None)[1])
    bad = {**ORDER, "status": "lost"}
    answer = both.post("/api/v1/ingest", batch(bad, {**bad, "account": "theirs"}, {**bad, "account": "no"})).json()
    mine, other, unknown = (error["rejected_row"] for error in answer["errors"])
    owners = dict(RejectedRow.objects.values_list("pk", "account__key"))
    assert owners == {mine: "ours", other: "theirs", unknown: "ours"}
    problem(client.post(f"/api/v1/rejects/{other}/retry", {}), 404, "not_found")
    # Repaired into a row that names nobody, it still goes to the account it was set aside for.
    assert both.post(f"/api/v1/rejects/{other}/retry", {"fixed_text": json.dumps(ORDER)}).json()["state"] == "resolved"
    assert Order.objects.get().account == theirs


def test_a_row_repaired_into_another_accounts_leaves_the_list_of_this_one(
    client: APIClient, manager: User, ours: SellerAccount
) -> None:
    theirs = make_account("theirs")
    Membership.objects.create(user=manager, account=theirs, role=Membership.Role.MANAGER)
    both = bearer(make_token("both", manager, [ours, theirs], ["ingest"], None)[1])
    run = imports.store(ours, "x", io.BytesIO(json.dumps([{**ORDER, "status": "lost"}]).encode()), now=NOW)
    imports.run(run.pk, now=NOW)
    row = RejectedRow.objects.get()
    still_bad = json.dumps({**ORDER, "status": "lost", "account": "theirs", "name": "secret"})
    assert both.post(f"/api/v1/rejects/{row.pk}/retry", {"fixed_text": still_bad}).json()["state"] == "open"
    assert RejectedRow.objects.get().account == theirs
    assert client.get(f"/api/v1/imports/{run.pk}/rejects").json()["count"] == 0
    assert client.get(f"/api/v1/imports/{run.pk}").json()["errors"] == []
    assert both.get(f"/api/v1/imports/{run.pk}/rejects").json()["results"][0]["fixed_text"] == still_bad


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b"[]", b"7", b'{"fixed_text": {}}', b'{"a": 1}', b'{"fixed_text": "a\\u0000"}',
        b'{"fixed_text": "\\ud800"}', b"\xff", b'{"fixed_text": "x", "fixed_text": "y"}',
    ],
)  # fmt: skip
def test_a_retry_that_is_not_understood_is_a_bad_request(client: APIClient, rejected: RejectedRow, body: bytes) -> None:
    url = f"/api/v1/rejects/{rejected.pk}/retry"
    assert client.generic("POST", url, body, content_type="application/json").status_code == 400
    rejected.refresh_from_db()
    assert (rejected.attempts, rejected.fixed_text) == (1, "")


def test_a_row_is_tried_again_without_any_body(client: APIClient, rejected: RejectedRow) -> None:
    assert client.generic("POST", f"/api/v1/rejects/{rejected.pk}/retry").json()["attempts"] == 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"), (b"x", FORM), (b"--b\r\n", FORM), (b"{}", "application/json"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x00b"\r\n\r\nx\r\n--b--', FORM),
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_refused(client: APIClient, body: bytes, content_type: str) -> None:
    assert client.generic("POST", "/api/v1/files", body, content_type=content_type).status_code in (400, 415)
