"""Opening a database, SQLite or PostgreSQL, and what only one of them needs.

`engine.prepare_warehouse` opens and migrates, `backends` has what differs, `run_lock` lets one run
at a time work, `views` creates the marts from `warehouse/marts/*.sql`.
"""
