"""What a connection to PostgreSQL needs of its driver. A module of its own: a SQLite warehouse never imports psycopg."""

from typing import Any

from psycopg.types.string import StrDumperUnknown


class _WithoutNul(StrDumperUnknown):
    """PostgreSQL refuses a text with the character 0, which an old .xls can hold; U+FFFD stands for it."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


def set_up(connection: Any, _record: object) -> None:
    """Prepare a new connection, as SQLAlchemy's event `connect` has it."""
    connection.adapters.register_dumper(str, _WithoutNul)
