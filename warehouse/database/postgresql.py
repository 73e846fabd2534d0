"""How a connection to PostgreSQL is set up.

A module of its own: with a SQLite warehouse, psycopg is never imported.
"""

from typing import Any

from psycopg.types.string import StrDumperUnknown


class _WithoutNul(StrDumperUnknown):
    """Replaces the character 0 by U+FFFD. An old .xls can hold it; PostgreSQL refuses it."""

    def dump(self, obj: str) -> Any:
        without_nul = obj.replace("\0", "\ufffd") if "\0" in obj else obj
        return super().dump(without_nul)


def set_up(connection: Any, _record: object) -> None:
    """Set up a new connection. The arguments are those of SQLAlchemy's event `connect`."""
    connection.adapters.register_dumper(str, _WithoutNul)
