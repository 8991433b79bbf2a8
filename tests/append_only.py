"""Tests that commit empty every table afterwards; for that moment the triggers of the audit log step aside."""

from importlib import import_module
from typing import Any

from django.db.backends.base.operations import BaseDatabaseOperations

_flush = BaseDatabaseOperations.execute_sql_flush


def _flush_with_audit(operations: Any, statements: list[str]) -> None:
    triggers = import_module("sellers.migrations.0002_audit_append_only")
    vendor = operations.connection.vendor
    _flush(operations, [*triggers.REMOVE[vendor], *statements, *triggers.INSTALL[vendor]])


def let_tests_empty_the_audit_log() -> None:
    BaseDatabaseOperations.execute_sql_flush = _flush_with_audit
