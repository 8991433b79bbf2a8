from django.db import migrations

FILLED_PERCENT = 80


def leave_room(apps, schema_editor):
    """Let PostgreSQL leave a fifth of each page free, for the next count of its days.

    A row that is overwritten within its page needs no new entry in any index. Pages that are full stay so until the
    table is rewritten; no row is touched here.
    """
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE kpis_daytotal SET (fillfactor = {FILLED_PERCENT})")


def fill_whole_pages(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE kpis_daytotal RESET (fillfactor)")


class Migration(migrations.Migration):
    reasons = {"run-python": "It sets how full new pages are: no row is read, and the lock lets reads and writes go on."}

    dependencies = [
        ('kpis', '0007_counted_spans'),
    ]

    operations = [
        migrations.RunPython(leave_room, fill_whole_pages),
    ]
