-- The two roles of a warehouse on PostgreSQL. Run it once, as a superuser, in the warehouse's own database:
--     psql --dbname mtqg --file warehouse/roles.sql
-- You may run it again at any time. Then set `\password mtqg_loader` and `\password mtqg_reader`.
--   mtqg_loader   the nightly run: creates, owns and writes the tables and marts
--   mtqg_reader   BI tools: reads the marts (mart_…); no facts, findings, deliveries or addresses
-- Each run creates the marts again and grants mtqg_reader to read them: a new mart needs no other
-- grant.
DO $$
DECLARE
    mart name;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mtqg_loader') THEN
        CREATE ROLE mtqg_loader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mtqg_reader') THEN
        CREATE ROLE mtqg_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO mtqg_loader, mtqg_reader', current_database());
    -- `mtqg rebuild` builds the new warehouse in a schema beside the one in use.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO mtqg_loader', current_database());
    -- An as-of query (--as-of) creates temporary views over the tables, for its own connection.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO mtqg_loader', current_database());
    FOR mart IN SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'mart\_%' LOOP
        EXECUTE format('GRANT SELECT ON public.%I TO mtqg_reader', mart);
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO mtqg_loader;
GRANT USAGE ON SCHEMA public TO mtqg_reader;
-- A query that somebody left open must not keep a run from creating the marts again.
ALTER ROLE mtqg_reader SET default_transaction_read_only = on;
ALTER ROLE mtqg_reader SET statement_timeout = '5min';
ALTER ROLE mtqg_reader SET idle_in_transaction_session_timeout = '20s';
