"""The second wall, both ends of a reference in one tenant, vectors in their rows, and the rows that count."""

from django.db import migrations

from accounts.rls import protect

TABLES = (
    *("memory", "memoryembedding", "memorylink", "memoryversion", "memorycount", "namespacerule", "answeredrequest"),
    *("memoryimport", "importfault", "memoryerasure", "recallsample"),
)

REFERENCES = (
    ("memoryembedding", "memory_embedding_of_memory", "memory_id"),
    ("memorylink", "memory_link_from_memory", "from_memory_id"),
    ("memorylink", "memory_link_to_memory", "to_memory_id"),
    ("memoryversion", "memory_version_of_memory", "memory_id"),
)


def refer(table: str, name: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE memory_{table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}) "
        "REFERENCES memory_memory (tenant_id, id) ON DELETE CASCADE",
        f"ALTER TABLE memory_{table} DROP CONSTRAINT {name}",
    )


# Halves are as small as they get, and a row that PostgreSQL moves elsewhere is read one by one.
KEEP_VECTORS_IN_ROWS = migrations.RunSQL(
    "ALTER TABLE memory_memoryembedding ALTER COLUMN vector SET STORAGE PLAIN",
    "ALTER TABLE memory_memoryembedding ALTER COLUMN vector SET STORAGE EXTENDED",
)

# Rows come with every change and go with every fold: what is read from the index alone must be vacuumed soon.
VACUUM_COUNTS_SOON = migrations.RunSQL(
    "ALTER TABLE memory_memorycount SET (autovacuum_vacuum_scale_factor = 0.02, "
    "autovacuum_vacuum_insert_scale_factor = 0.02)",
    "ALTER TABLE memory_memorycount RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)",
)


def count(table: str, *, model: str, counted: str) -> migrations.RunSQL:
    """One row of memory_memorycount for each namespace that a statement changes the number of."""
    function = f"{table}_counted"
    put = "INSERT INTO memory_memorycount (tenant_id, namespace, model_id, number)"
    new = f"SELECT tenant_id, namespace, {model} AS model_id, 1 AS number FROM new_rows WHERE {counted}"  # noqa: S608  constants of this file
    old = f"SELECT tenant_id, namespace, {model} AS model_id, -1 AS number FROM old_rows WHERE {counted}"  # noqa: S608  as above
    summed = "GROUP BY tenant_id, namespace, model_id HAVING sum(number) <> 0"
    row = "SELECT tenant_id, namespace, model_id, sum(number)"
    return migrations.RunSQL(
        [
            f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    {put} {row} FROM ({new}) AS changed {summed};
                ELSIF TG_OP = 'DELETE' THEN
                    {put} {row} FROM ({old}) AS changed {summed};
                ELSE
                    {put} {row} FROM ({new} UNION ALL {old}) AS changed {summed};
                END IF;
                RETURN NULL;
            END
            $$
            """,
            f"CREATE TRIGGER count_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
            f"CREATE TRIGGER count_updated AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
            f"CREATE TRIGGER count_deleted AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        ],
        [
            f"DROP TRIGGER count_inserted ON {table}",
            f"DROP TRIGGER count_updated ON {table}",
            f"DROP TRIGGER count_deleted ON {table}",
            f"DROP FUNCTION {function}()",
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("memory", "0001_memory")]

    operations = [
        *(protect(f"memory_{table}") for table in TABLES),
        *(refer(*reference) for reference in REFERENCES),
        KEEP_VECTORS_IN_ROWS,
        VACUUM_COUNTS_SOON,
        count("memory_memory", model="NULL::bigint", counted="deleted_at IS NULL"),
        count("memory_memoryembedding", model="model_id", counted="status = 'ready'"),
    ]
