"""Draft the next migration, from the difference between the tables and the migrations so far.

Usage: python -m warehouse.migrations.draft "what changes"
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from warehouse.database.engine import migrate


def main(message: str) -> None:
    """Write `versions/NNNN_<message>.py`. Read it before you commit it."""
    here = Path(__file__).parent
    number = len(list((here / "versions").glob("[0-9]*.py"))) + 1
    config = Config()
    config.set_main_option("script_location", str(here))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with create_engine("sqlite://").connect() as connection:
        migrate(connection)
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    main(sys.argv[1])
