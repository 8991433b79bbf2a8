"""Reads the SQL of a migration and says what in it would keep the running product waiting, or break the release before.

Which statement takes which lock, and which reads or writes the whole table while holding it:
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing

from django.db import connection
from django.db.migrations import Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# (name, what is refused, what to do instead); matched against one statement about a table that was there before.
RULES = (
    ("create-index", r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)", "AddIndexConcurrently, with atomic = False"),
    ("volatile-default", r"ADD COLUMN .*(random|gen_random_uuid|uuid_generate|clock_timestamp|nextval|serial)\b",
     "a nullable column, filled in batches by a command"),
    ("generated-column", r"ADD COLUMN .* GENERATED ", "a plain column that the writing code fills"),
    ("unique-column", r"ADD COLUMN .* UNIQUE", "a plain column, then a unique index built concurrently"),
    ("dropped-default", r"ALTER COLUMN .* DROP DEFAULT", "db_default: the release before does not name the new column"),
    ("type", r"ALTER COLUMN .* TYPE ", "a new column, filled in batches"),
    ("not-null", r"ALTER COLUMN .* SET NOT NULL", "AddConstraintNotValid(IS NOT NULL), then ValidateConstraint"),
    ("constraint", r"ADD CONSTRAINT (?!.*NOT VALID)", "AddConstraintNotValid, later ValidateConstraint"),
    ("rename", r"\bRENAME (TO|COLUMN)", "a new name beside the old one, dropped in the next release"),
    ("drop", r"DROP (COLUMN|TABLE)", "remove it from the code first and drop it in the next release"),
)  # fmt: skip
CODE = {RunPython: "run-python", RunSQL: "run-sql"}


def complaints(migration: Migration, before: ProjectState) -> list[str]:
    """What is wrong with it, in sentences; what its `reasons` explain by the rule's name is left out."""
    found = dict([*_code(migration.operations), *_statements(_sql(migration, before))])
    reasons: dict[str, str] = getattr(migration, "reasons", {})
    name = f"{migration.app_label}.{migration.name}"
    return [f"{name}: {sentence}" for rule, sentence in found.items() if rule not in reasons]


def _code(operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _code(operation.database_operations)
        elif rule := CODE.get(type(operation)):
            yield rule, f"{rule}: say in `reasons` how long it runs, and what it locks"


def _sql(migration: Migration, before: ProjectState) -> list[str]:
    """Its statements, in order; nothing is executed, and code of the migration does not run."""
    with (
        closing(connection.copy()) as another,  # the tests' own one is inside a transaction
        another.schema_editor(collect_sql=True, atomic=migration.atomic) as editor,
    ):
        migration.apply(before.clone(), editor, collect_sql=True)
    return [line for line in editor.collected_sql if not line.startswith("--")]


def _statements(statements: Sequence[str]) -> Iterator[tuple[str, str]]:
    created = set(re.findall(r'CREATE TABLE "(\w+)"', "\n".join(statements)))
    for statement in statements:
        table = re.search(r'(?:TABLE|ON) (?:ONLY )?(?:IF EXISTS )?"(\w+)"', statement)
        if table is None or table[1] in created:
            continue
        for rule, pattern, instead in RULES:
            if re.search(pattern, statement, re.DOTALL | re.IGNORECASE):
                yield rule, f"{rule} on {table[1]}; instead: {instead}"
