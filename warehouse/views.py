"""The views: marts that people ask, and what marts stand on. Their SQL is in `marts/*.sql`, one file a view.

The SQL is the same on both databases but for two words that no standard has: `@vietnam_day(instant)` is the day in Vietnam
of an instant, `@days(later, earlier)` how many days lie between two days.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from warehouse.dialects import READER, is_role, renew_statistics
from warehouse.tables import Table

MARTS = (
    "mart_units",
    "mart_projects",
    "mart_figures",
    "mart_rollups",
    "mart_progress",
    "mart_stages",
    "mart_disbursement",
    "mart_training",
    "mart_first_pass",
    "mart_reporting",
    "mart_punctuality",
    "mart_findings",
    "mart_quality",
)
"""What people ask, in the order in which they are made: each may stand on those before it."""
_GROUND = ("believed", "lands", "members", "reported_periods", "figures", "money_lines", "money")
"""What marts stand on; made before them, and shown to nobody."""
CATALOGUE = tuple(
    t.name
    for t in Table.metadata.sorted_tables
    if "known_to" in t.columns and t.name != "submissions"
)
"""The tables that copy the pack, each a history; of each a view now_… shows what it says now."""
_FOLDER = Path(__file__).parent / "marts"
_WORDS = {
    "sqlite": {
        "vietnam_day": r"DATE(\1, '+7 hours')",
        "days": r"CAST(JULIANDAY(\1) - JULIANDAY(\2) AS INTEGER)",
    },
    "postgresql": {
        "vietnam_day": r"CAST(\1 AT TIME ZONE 'Asia/Ho_Chi_Minh' AS DATE)",
        "days": r"(\1 - \2)",
    },
}
_VIETNAM_DAY = re.compile(r"@vietnam_day\(([^()]+)\)")
_DAYS = re.compile(
    r"@days\(((?:[^(),@]|\((?:[^()]|\([^()]*\))*\))+), ((?:[^(),@]|\((?:[^()]|\([^()]*\))*\))+)\)"
)


def statements(dialect: str, kind: str = "VIEW") -> Iterator[str]:
    """Yield what makes all views, in order; `kind` TEMP VIEW for one connection alone."""
    for name in CATALOGUE:
        yield f"CREATE {kind} now_{name} AS SELECT * FROM {name} WHERE known_to IS NULL"  # noqa: S608  (our own names)
    for name in (*_GROUND, *MARTS):
        sql = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
        yield _spoken(sql, dialect).replace("CREATE VIEW", f"CREATE {kind}", 1)


def _spoken(sql: str, dialect: str) -> str:
    words = _WORDS[dialect]
    return _DAYS.sub(words["days"], _VIETNAM_DAY.sub(words["vietnam_day"], sql))


def ready_for_questions(engine: Engine) -> None:
    """Have the database plan questions to the marts by what the tables hold now, after a night that took much in."""
    with engine.begin() as connection:
        renew_statistics(connection, [table.name for table in Table.metadata.sorted_tables])


def drop_views(connection: Connection) -> None:
    """Drop every view that an earlier version of this code or this one made."""
    standing = set(inspect(connection).get_view_names())
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    for name in standing:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}{cascade}"))


def create_views(connection: Connection) -> None:
    """Create all views anew, so that a changed file is a changed view; the reader role may read the marts again."""
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(
            statement.replace("%", "%%") if connection.dialect.name == "postgresql" else statement
        )
    if is_role(connection, READER):
        connection.execute(text(f"GRANT SELECT ON {', '.join(MARTS)} TO {READER}"))
