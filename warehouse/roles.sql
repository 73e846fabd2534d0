-- The two roles of a warehouse on PostgreSQL. Run it once, as a superuser, in the warehouse's own database:
--     psql --dbname mtqg --file warehouse/roles.sql
-- You may run it again at any time. Then set `\password mtqg_loader` and `\password mtqg_reader`.
--   mtqg_loader   the nightly run: creates, owns and writes the tables and marts
--   mtqg_reader   BI tools: reads the marts (mart_…); no facts, findings, deliveries or addresses
-- Each run creates the marts again and grants its reader to read them: a new mart needs no other
-- grant. The reader of a role X_loader is X_reader.
-- Roles belong to the server, not to a database. So provinces on one server have roles of their own,
-- here mtqg_94_loader and mtqg_94_reader, and none can connect to the database of another:
--     PGOPTIONS='-c mtqg.roles=mtqg_94' psql --dbname mtqg_94 --file warehouse/roles.sql
DO $$
DECLARE
    prefix text := COALESCE(NULLIF(current_setting('mtqg.roles', true), ''), 'mtqg');
    loader name := prefix || '_loader';
    reader name := prefix || '_reader';
    made name;
    mart name;
BEGIN
    FOREACH made IN ARRAY ARRAY[loader, reader] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = made) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', made);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), loader, reader);
    -- `mtqg rebuild` builds the new warehouse in a schema beside the one in use.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), loader);
    -- An as-of query (--as-of) creates temporary views over the tables, for its own connection.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), loader);
    FOR mart IN SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'mart\_%' LOOP
        EXECUTE format('GRANT SELECT ON public.%I TO %I', mart, reader);
    END LOOP;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', loader);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', reader);
    -- A query that somebody left open must not keep a run from creating the marts again.
    EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', reader);
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', reader, '5min');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', reader, '20s');
END
$$;
