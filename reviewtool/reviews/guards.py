"""A migration operation that lets the database itself refuse changes to a ledger table."""

from django.db import migrations

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_is_append_only BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'The ledger is append-only: {table} refuses UPDATE.'); END
"""
_POSTGRES = """
CREATE OR REPLACE FUNCTION reviewtool_refuse_update() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'The ledger is append-only: % refuses UPDATE.', TG_TABLE_NAME; END
$$ LANGUAGE plpgsql;
DROP TRIGGER IF EXISTS {table}_is_append_only ON {table};
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION reviewtool_refuse_update()
"""


class GuardLedger(migrations.operations.base.Operation):
    """Install the trigger that refuses UPDATE on a model's table.

    Repeat it at the end of every migration that touches the table: SQLite rebuilds tables and
    drops their triggers without a word. DELETE stays possible, through deleting a whole review.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str):
        self.model = model

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.model)._meta.db_table
        sql = _POSTGRES if schema_editor.connection.vendor == "postgresql" else _SQLITE
        schema_editor.execute(sql.format(table=table), params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        table = from_state.apps.get_model(app_label, self.model)._meta.db_table
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_is_append_only{on}", params=None)

    def describe(self) -> str:
        return f"Refuse UPDATE on {self.model}"

    @property
    def migration_name_fragment(self) -> str:
        return f"guard_{self.model.lower()}"

    def deconstruct(self):
        return (self.__class__.__name__, [self.model], {})
