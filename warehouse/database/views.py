"""The views: the marts that people query, and the views that marts use.

Their SQL is in `marts/*.sql`, one file for each view. It is the same on both databases but for two
macros: `@vietnam_day(instant)` is the day of an instant in Vietnam, `@days(later, earlier)` the
number of days between two days.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from warehouse.database.backends import mart_reader, renew_statistics
from warehouse.tables import WarehouseTable

MARTS = (
    "mart_units",
    "mart_projects",
    "mart_doubts",
    "mart_figures",
    "mart_rollups",
    "mart_progress",
    "mart_stages",
    "mart_disbursement",
    "mart_plans",
    "mart_training",
    "mart_narratives",
    "mart_first_submission",
    "mart_reporting",
    "mart_punctuality",
    "mart_findings",
    "mart_quality",
)
"""What people query, in the order of creation: each may use those before it."""
_GROUND = (
    "current_submissions",
    "unit_land_map",
    "rollup_members",
    "reported_periods",
    "doubtful_facts",
    "doubtful_elements",
    "indicator_values",
    "disbursement_elements",
    "disbursement_base",
    "plan_reports",
    "plan_figures",
)
"""The views that marts use. They are created first, and the reader role does not see them."""
CATALOGUE = tuple(
    table.name
    for table in WarehouseTable.metadata.sorted_tables
    if "known_to" in table.columns and table.name != "submissions"
)
"""The tables that copy the pack, each a history. A view now_… shows the current rows of each."""
_FOLDER = Path(__file__).parents[1] / "marts"
_MACROS = {
    "sqlite": {
        "vietnam_day": r"DATE(\1, '+7 hours')",
        "days": r"CAST(JULIANDAY(\1) - JULIANDAY(\2) AS INTEGER)",
    },
    "postgresql": {
        "vietnam_day": r"CAST(\1 AT TIME ZONE 'Asia/Ho_Chi_Minh' AS DATE)",
        "days": r"(\1 - \2)",
    },
}
_DAY_ARGUMENT = r"((?:[^(),@]|\((?:[^()]|\([^()]*\))*\))+)"
"""An expression without a comma or a macro, with at most two levels of parentheses."""
_VIETNAM_DAY = re.compile(r"@vietnam_day\(([^()]+)\)")
_DAYS = re.compile(rf"@days\({_DAY_ARGUMENT}, {_DAY_ARGUMENT}\)")


def statements(dialect: str, kind: str = "VIEW") -> Iterator[str]:
    """Yield the statements that create all views, in order.

    With `kind` TEMP VIEW, the views exist for one connection only.
    """
    create = f"CREATE {kind}"
    for name in CATALOGUE:
        current_rows = f"SELECT * FROM {name} WHERE known_to IS NULL"  # noqa: S608  (our own names)
        yield f"{create} now_{name} AS {current_rows}"
    for name in (*_GROUND, *MARTS):
        file = _FOLDER / f"{name}.sql"
        sql = file.read_text(encoding="utf-8")
        expanded = _expand_macros(sql, dialect)
        yield expanded.replace("CREATE VIEW", create, 1)


def _expand_macros(sql: str, dialect: str) -> str:
    macros = _MACROS[dialect]
    # A macro @vietnam_day may stand inside a macro @days: it goes first.
    with_days_in_vietnam = _VIETNAM_DAY.sub(macros["vietnam_day"], sql)
    return _DAYS.sub(macros["days"], with_days_in_vietnam)


def ready_for_questions(engine: Engine) -> None:
    """Renew the statistics by which the database plans queries, after a run that loaded much."""
    names = [table.name for table in WarehouseTable.metadata.sorted_tables]
    with engine.begin() as connection:
        renew_statistics(connection, names)


def drop_views(connection: Connection) -> None:
    """Drop every view, whichever version of this code created it."""
    # PostgreSQL drops no view that another one uses; SQLite does.
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    for name in set(inspect(connection).get_view_names()):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}{cascade}"))


def create_views(connection: Connection) -> None:
    """Create all views, and let the reader role read the marts.

    A changed SQL file is a changed view after the next run.
    """
    is_postgresql = connection.dialect.name == "postgresql"
    for statement in statements(connection.dialect.name):
        # psycopg takes a single % for a parameter.
        escaped = statement.replace("%", "%%") if is_postgresql else statement
        connection.exec_driver_sql(escaped)
    reader = mart_reader(connection)
    if reader is not None:
        connection.execute(text(f"GRANT SELECT ON {', '.join(MARTS)} TO {reader}"))
