"""What has arrived: of each system and record type, the newest fact seen and when the system was last heard.

From it follows up to which day an account's data is complete. Rows that a person writes by hand are nobody's delivery
and leave no note here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class Arrival(models.Model):
    """How far one system has told one record type of an account. Both moments only ever move forward.

    `last_fact_at` is the newest moment that facts of this type count by; None where no record said it. `heard_at` is
    the moment up to which the system's newest delivery spoke.
    """

    account = models.ForeignKey(
        "sellers.SellerAccount", models.CASCADE, db_index=False, related_name="+", verbose_name=_("account")
    )
    system = models.CharField(_("system"), max_length=32)
    record_type = models.CharField(_("record type"), max_length=24)
    last_fact_at = models.DateTimeField(_("newest fact"), null=True)
    heard_at = models.DateTimeField(_("last heard"))

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [models.UniqueConstraint(fields=["account", "system", "record_type"], name="arrival_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.system} {self.record_type}"


@dataclass(slots=True)
class Heard:
    """One delivery of a system about a record type."""

    system: str
    record_type: str
    heard_at: datetime
    last_fact_at: datetime | None = None


COLUMNS = ("account", "system", "record_type", "last_fact_at", "heard_at")
# SQLite keeps moments as text in UTC, which sorts as time passes.
NOTE = """
INSERT INTO sellers_arrival AS known (account_id, system, record_type, last_fact_at, heard_at) VALUES {rows}
ON CONFLICT (account_id, system, record_type) DO UPDATE SET
    last_fact_at = CASE WHEN known.last_fact_at IS NULL OR excluded.last_fact_at > known.last_fact_at
        THEN excluded.last_fact_at ELSE known.last_fact_at END,
    heard_at = CASE WHEN excluded.heard_at > known.heard_at THEN excluded.heard_at ELSE known.heard_at END
WHERE excluded.heard_at > known.heard_at OR excluded.last_fact_at > known.last_fact_at OR known.last_fact_at IS NULL
"""


def note_arrivals(account_id: int, heard: Collection[Heard]) -> None:
    """Note what was heard, each (system, record type) once, in one statement; the order of notes does not matter."""
    if not heard:
        return
    fields: list[Any] = [Arrival._meta.get_field(name) for name in COLUMNS]
    rows = [
        (account_id, one.system, one.record_type, one.last_fact_at, one.heard_at)
        for one in sorted(heard, key=lambda one: (one.system, one.record_type))
    ]
    values = [
        field.get_db_prep_save(value, connection) for row in rows for field, value in zip(fields, row, strict=True)
    ]
    marks = f"({', '.join(['%s'] * len(COLUMNS))})"
    with connection.cursor() as cursor:
        cursor.execute(NOTE.format(rows=", ".join([marks] * len(rows))), values)


def note_nothing_new(account_id: int, system: str, heard_at: datetime) -> None:
    """Note that a system has nothing new of any record type it delivers."""
    Arrival.objects.filter(account=account_id, system=system, heard_at__lt=heard_at).update(heard_at=heard_at)
