"""Row-level security for migrations: the second wall behind the managers of `accounts/tenancy.py`.

FORCE makes the policy hold for the tables' owner, too. The comparison is by text, so that the platform's `*`
is a value like any other; indexes on `tenant_id` are used through the managers' own condition.
"""

from django.db.migrations import RunSQL

_SETTING = "(SELECT current_setting('qm.tenant', true))"
_EVERYONE = f"{_SETTING} = '*'"


def protect(table: str, *, column: str = "tenant_id", shared: bool = False) -> RunSQL:
    """Let `table` show and take only rows of the scope's tenant; `shared` also shows rows that have none."""
    own = f"{column}::text = {_SETTING} OR {_EVERYONE}"
    seen = f"{own} OR {column} IS NULL" if shared else own
    return RunSQL(
        sql=[
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant_reads ON {table} FOR SELECT USING ({seen})",
            f"CREATE POLICY tenant_inserts ON {table} FOR INSERT WITH CHECK ({own})",
            f"CREATE POLICY tenant_updates ON {table} FOR UPDATE USING ({own}) WITH CHECK ({own})",
            f"CREATE POLICY tenant_deletes ON {table} FOR DELETE USING ({own})",
        ],
        reverse_sql=[
            f"DROP POLICY tenant_reads ON {table}",
            f"DROP POLICY tenant_inserts ON {table}",
            f"DROP POLICY tenant_updates ON {table}",
            f"DROP POLICY tenant_deletes ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )


def append_only(table: str, *, but: str = "") -> RunSQL:
    """Take from qm_app the right to change or delete rows of `table`, except the columns named in `but`."""
    again = [f"GRANT UPDATE ({but}) ON {table} TO qm_app"] if but else []
    return RunSQL(
        sql=[f"REVOKE UPDATE, DELETE ON {table} FROM qm_app", *again],
        reverse_sql=[f"GRANT UPDATE, DELETE ON {table} TO qm_app"],
    )
