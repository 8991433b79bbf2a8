"""Audit entries are append-only: the database refuses to change or remove them, whoever asks.

One change is allowed: when a user is deleted, the entry lets go of the user (it keeps the name). On SQLite an
`INSERT OR REPLACE` deletes without the delete trigger unless recursive_triggers is on, so an insert that would replace
is refused, too. A later migration of django-auditlog that rebuilds its table on SQLite drops these triggers; it has to
be followed by one that puts them back.
"""

from django.db import migrations

COLUMNS = (
    "id, content_type_id, object_pk, object_id, object_repr, serialized_data, action, changes_text, changes, cid, "
    "remote_addr, remote_port, timestamp, additional_data, actor_email"
)
REFUSED = "'audit entries cannot be changed or removed'"

INSTALL = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE OF {COLUMNS} ON auditlog_logentry "
        f"BEGIN SELECT RAISE(ABORT, {REFUSED}); END",
        "CREATE TRIGGER audit_no_other_actor BEFORE UPDATE OF actor_id ON auditlog_logentry "
        f"WHEN NEW.actor_id IS NOT NULL OR OLD.actor_id IS NULL BEGIN SELECT RAISE(ABORT, {REFUSED}); END",
        f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON auditlog_logentry "
        f"BEGIN SELECT RAISE(ABORT, {REFUSED}); END",
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON auditlog_logentry "
        "WHEN EXISTS (SELECT 1 FROM auditlog_logentry WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, {REFUSED}); END",
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF NEW.actor_id IS NULL AND OLD.actor_id IS NOT NULL
                   AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION {REFUSED} USING ERRCODE = 'restrict_violation';
        END $$
        """,
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON auditlog_logentry "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON auditlog_logentry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
    ],
}
REMOVE = {
    "sqlite": [
        f"DROP TRIGGER {name}"
        for name in ("audit_no_update", "audit_no_other_actor", "audit_no_delete", "audit_no_replace")
    ],
    "postgresql": [
        "DROP TRIGGER audit_no_truncate ON auditlog_logentry",
        "DROP TRIGGER audit_append_only ON auditlog_logentry",
        "DROP FUNCTION audit_refuse_change()",
    ],
}


def install(apps, schema_editor):
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("sellers", "0001_initial"),
        ("auditlog", "0017_add_actor_email"),
    ]
    operations = [migrations.RunPython(install, remove)]
