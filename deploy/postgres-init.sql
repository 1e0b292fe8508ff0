-- What Quartermaster needs of a database: two roles, their rights, and pgvector. Run it inside the database, as a
-- superuser; it may be repeated. `run.py up` does this for the embedded PostgreSQL, docker-compose on first start.
-- The roles get no password here: give them one where connections come over the network (see postgres-passwords.sql).

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'qm_owner') THEN
        CREATE ROLE qm_owner;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'qm_app') THEN
        CREATE ROLE qm_app;
    END IF;
    -- Row-level security holds only for roles that cannot step around it.
    ALTER ROLE qm_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
    ALTER ROLE qm_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
    EXECUTE format('ALTER DATABASE %I OWNER TO qm_owner', current_database());
END
$$;

CREATE EXTENSION IF NOT EXISTS vector;

ALTER SCHEMA public OWNER TO qm_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO qm_app;

-- qm_owner makes the tables in migrations; qm_app may read and write rows, and never TRUNCATE.
ALTER DEFAULT PRIVILEGES FOR ROLE qm_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO qm_app;
ALTER DEFAULT PRIVILEGES FOR ROLE qm_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO qm_app;

-- Under row-level security an index serves a condition only if its function is known not to leak what it sees. These
-- say neither more nor less than true and false of JSON, arrays of texts and full texts; the type of a column decides
-- what else they could call, and qm_app makes no types. Without them a search by capability, tag or word reads
-- all that a tenant has: 5 ms instead of 0.04 for a tag in 50,000 small rows, more where rows are larger.
-- Only a superuser may say so: where there is none, everything works, and what is large is searched more slowly.
DO $$
BEGIN
    ALTER FUNCTION jsonb_contains(jsonb, jsonb) LEAKPROOF;
    ALTER FUNCTION jsonb_exists(jsonb, text) LEAKPROOF;
    ALTER FUNCTION arraycontains(anyarray, anyarray) LEAKPROOF;
    ALTER FUNCTION arrayoverlap(anyarray, anyarray) LEAKPROOF;
    ALTER FUNCTION ts_match_vq(tsvector, tsquery) LEAKPROOF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'No superuser: indexes on JSON, arrays and full texts will not be used.';
END
$$;
