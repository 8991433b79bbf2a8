"""A new release changes the schema while the old one serves: no read waits longer than a second."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.core.management import call_command
from django.db import connection, connections, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveField,
    RenameField,
    RunPython,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now, Random

from config.management.commands import migrate as ours
from tests.schema_changes import complaints

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

# The newest migration of each room that runs on empty tables only, because nothing was released before it.
BASELINE = {
    "dashboard": "0002_saved_views",
    "intake": "0007_sentences",
    "kpis": "0005_workers_count",
    "messaging": "0007_who_waits",
    "orders": "0010_orders_by_number_and_tracking",
    "sellers": "0013_team_and_owner",
}


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def test_no_migration_after_the_first_release_holds_anybody_up(loader: MigrationLoader) -> None:
    wrong = []
    for app, name in sorted(loader.disk_migrations):
        if app in BASELINE and name > BASELINE[app]:
            before = loader.project_state((app, name), at_end=False)
            wrong += complaints(loader.disk_migrations[app, name], before)
    assert wrong == []


def test_the_baseline_names_migrations_that_exist(loader: MigrationLoader) -> None:
    assert set(BASELINE.items()) <= set(loader.disk_migrations)


def number(**options: Any) -> models.IntegerField:
    return models.IntegerField(**options)


POSITIVE = models.CheckConstraint(condition=models.Q(attempts__gt=0), name="positive")
BAD = {
    "create-index": [AddIndex("order", models.Index(fields=["placed_at"], name="x"))],
    "volatile-default": [AddField("order", "x", models.FloatField(db_default=Random()))],
    "generated-column": [AddField("order", "x", models.GeneratedField(
        expression=models.F("id") + 1, output_field=models.BigIntegerField(), db_persist=True))],
    "unique-column": [AddField("order", "x", number(null=True, unique=True))],
    "dropped-default": [AddField("order", "x", number(default=0))],
    "type": [AlterField("order", "external_id", models.TextField())],
    "not-null": [AlterField("order", "ship_by_at", models.DateTimeField(default=None))],
    "constraint": [AddConstraint("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="x"))],
    "rename": [RenameField("order", "placed_at", "ordered_at")],
    "drop": [RemoveField("order", "ship_by_at")],
    "run-python": [RunPython(lambda _apps, _editor: None)],
    "run-sql": [RunSQL("UPDATE orders_order SET status = status")],
}  # fmt: skip
GOOD = {
    "nullable column": [AddField("order", "x", number(null=True))],
    "constant in the database": [AddField("order", "x", number(db_default=0))],
    "the moment of the change": [AddField("order", "x", models.DateTimeField(db_default=Now()))],
    "index built beside": [AddIndexConcurrently("order", models.Index(fields=["placed_at"], name="x"))],
    "condition for new rows": [
        AddConstraintNotValid("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="x"))
    ],
    "table of its own": [
        CreateModel("thing", [("id", models.BigAutoField(primary_key=True)), ("n", number(db_index=True))]),
        AddIndex("thing", models.Index(fields=["n", "id"], name="y")),
    ],
}


def after_all(loader: MigrationLoader, operations: list[Any], **attributes: Any) -> list[str]:
    """What is said of a migration with these operations that would come after all others of orders."""
    change = type("Migration", (Migration,), {"operations": operations, **attributes})("9999_change", "orders")
    return complaints(change, loader.project_state())


@pytest.mark.parametrize("rule", BAD)
def test_a_change_that_would_hold_others_up_is_caught(loader: MigrationLoader, rule: str) -> None:
    said = after_all(loader, BAD[rule])
    assert any(f"orders.9999_change: {rule}" in sentence for sentence in said), said


@pytest.mark.parametrize("rule", BAD)
def test_a_reason_lets_that_rule_pass_and_no_other(loader: MigrationLoader, rule: str) -> None:
    said = after_all(loader, BAD[rule], reasons={rule: "The table has four rows."})
    assert not any(f": {rule}" in sentence for sentence in said)
    assert after_all(loader, BAD[rule], reasons={"another": "The table has four rows."})


@pytest.mark.parametrize("name", GOOD)
def test_a_change_that_holds_nobody_up_passes(loader: MigrationLoader, name: str) -> None:
    assert after_all(loader, GOOD[name], atomic="beside" not in name) == []


def test_checking_a_condition_on_old_rows_passes(loader: MigrationLoader) -> None:
    add = AddConstraintNotValid("order", models.CheckConstraint(condition=models.Q(id__gt=0), name="x"))
    assert after_all(loader, [add, ValidateConstraint("order", "x")]) == []


# --- migrate itself --------------------------------------------------------------------------------------------------


@pytest.fixture
def a_step_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The newest change of kpis undone; whatever happens, all is as before afterwards."""
    monkeypatch.setattr(ours, "PAUSE_SECONDS", 0.1)
    call_command("migrate", "kpis", "0004", verbosity=0)
    yield
    call_command("migrate", verbosity=0)


class Heard(io.StringIO):
    """Output that somebody else waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.said_something = threading.Event()

    def write(self, text: str) -> int:
        self.said_something.set()
        return super().write(text)


@pytest.mark.django_db(transaction=True)
def test_a_change_of_a_table_in_use_lets_the_readers_pass_and_tries_again(a_step_back: None) -> None:
    held, output = threading.Event(), Heard()

    def read_slowly() -> None:
        """A reader that ends only when the change has given way once: the change cannot have waited for it."""
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM kpis_heartbeat")
            held.set()
            output.said_something.wait(60)
            cursor.execute("SELECT count(*) FROM kpis_heartbeat")  # nobody stands in the queue before it
            cursor.execute("COMMIT")
        connections.close_all()

    reader = threading.Thread(target=read_slowly)
    reader.start()
    assert held.wait(60)
    call_command("migrate", "kpis", verbosity=0, stdout=output)
    reader.join()
    assert "A table is in use; trying again" in output.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("SELECT days_counted FROM kpis_heartbeat")  # it was changed in the end
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] != "1s"
