"""Opening a database: SQLite or PostgreSQL, bulk inserts, views, and the run lock."""
