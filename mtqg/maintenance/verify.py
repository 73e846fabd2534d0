"""`mtqg verify`: compare the archive with its sha256, and the warehouse with the archive."""

from datetime import UTC, datetime

import typer

from mtqg.console import out, print_problem
from mtqg.maintenance.progress_bar import progress
from program.settings import load_settings
from program.vietnamese import vietnam_day

_FOLDERS = 256


def verify() -> None:
    """Read every file of the archive: is it there, and are its bytes those that came?

    Each run does so for a part of the archive, all of it within 30 days; its digest names what is
    damaged. Nothing is changed. The exit code is 1 where a file is missing or damaged.
    docs/runbooks/archive.md says what to do then.
    """
    from flows.archive import open_archive  # noqa: PLC0415  (all: keeps --help quick)
    from flows.recovery.verify import verify_all  # noqa: PLC0415
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415

    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url)
    archive = open_archive(settings)
    intact = 0
    problems: list[str] = []
    with progress("verifying", _FOLDERS) as advance:
        for verified in verify_all(engine, archive, vietnam_day(datetime.now(UTC))):
            intact += verified.files
            problems += verified.problems
            advance(1)
    engine.dispose()
    for problem in problems:
        print_problem("damaged", problem)
    out.print(f"{intact} files are whole, {len(problems)} are missing or damaged.")
    if problems:
        raise typer.Exit(1)
