"""Facts in partitions by year on PostgreSQL, for a comparison.

The warehouse itself has one table of facts (decision 17).
"""

from sqlalchemy import text

from warehouse.database.engine import Warehouse
from warehouse.database.views import create_views, drop_views, ready_for_questions

_YEARS = "SELECT DISTINCT EXTRACT(YEAR FROM period_end)::int FROM submissions ORDER BY 1"


def partition_by_year(warehouse: Warehouse) -> list[int]:
    """Move the facts to partitions by year; return the years.

    PostgreSQL wants the year in each row and in the primary key.
    """
    with warehouse.begin() as connection:
        drop_views(connection)
        years = list(connection.scalars(text(_YEARS)))
        for statement in _statements(years):
            connection.execute(text(statement))
        create_views(connection)
    ready_for_questions(warehouse)
    return years


def _statements(years: list[int]) -> list[str]:
    return [
        "ALTER TABLE facts RENAME TO facts_whole",
        "CREATE TABLE facts (LIKE facts_whole, year int NOT NULL) PARTITION BY LIST (year)",
        *(f"CREATE TABLE facts_{year} PARTITION OF facts FOR VALUES IN ({year})" for year in years),
        "INSERT INTO facts SELECT f.*, EXTRACT(YEAR FROM s.period_end) "
        "FROM facts_whole f JOIN submissions s ON s.id = f.submission_id",
        "ALTER TABLE facts ADD PRIMARY KEY (submission_id, element, line, year)",
    ]
