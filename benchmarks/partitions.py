"""Facts in partitions by year on PostgreSQL, for a comparison: the warehouse itself has one table (decision 17)."""

from sqlalchemy import text

from warehouse.engine import Warehouse
from warehouse.views import create_views, drop_views, ready_for_questions


def partition_by_year(warehouse: Warehouse) -> list[int]:
    """Put the facts into a partition a year, which needs the year in each fact and in its key.

    Return the years.
    """
    with warehouse.begin() as connection:
        drop_views(connection)
        years = list(
            connection.scalars(
                text(
                    "SELECT DISTINCT EXTRACT(YEAR FROM period_end)::int FROM submissions ORDER BY 1"
                )
            )
        )
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
