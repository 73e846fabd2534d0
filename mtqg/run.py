"""`mtqg run`: the night, now."""

import logging
import os
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.logging import RichHandler
from rich.table import Table

from mtqg.console import errors, out
from program.errors import MtqgError
from program.importing import without_collecting
from program.settings import Settings, load_settings, quiet_third_parties


def run(
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date the night is about: which reports are due. Default: today in Vietnam."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Ask only this source of the pack's sources.yaml.")] = None,
) -> None:
    """Run the night now: collect, check, load, publish, mail.

    Exit code 0 when the night went well, even if submissions were bad; 1 when the system failed. Running it again is
    always safe: nothing is loaded or mailed twice, and what an interrupted night left is finished.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    # Prefect logs failures with their tracebacks; here they become a sentence, and the log file keeps the rest.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    log = _set_up_logs(settings)
    errors.print("[dim]starting Prefect (a few seconds) …[/]")
    with without_collecting():
        from flows.nightly import nightly  # noqa: PLC0415  (Prefect reads its environment when it is imported)

    before = _last_summary(settings)
    failure: Exception | None = None
    try:
        nightly(as_of.date() if as_of else None, source)
    except KeyboardInterrupt:
        raise _stopped() from None
    except MtqgError as error:
        failure = error
    except Exception as error:
        if _was_interrupted(error):
            raise _stopped() from None
        logging.getLogger("mtqg").exception("night failed")
        failure = MtqgError(
            f"the night stopped: {type(error).__name__}: {error}\nDetails: {log}. Run it again: it goes on where it was."
        )
    summary = _last_summary(settings)
    # A night that never began has none, and an earlier night's must not be shown as this one's.
    if summary and summary != before:
        _print_summary(summary, settings)
    if failure is not None:
        raise failure


def _was_interrupted(error: BaseException | None) -> bool:
    """Tell whether Ctrl-C is behind an error: Prefect's own server stops first, and what is shown is its absence."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _stopped() -> typer.Exit:
    errors.print("stopped. Nothing is lost or half done: run it again, it goes on where it was.")
    return typer.Exit(130)


def _last_summary(settings: Settings) -> dict[str, Any] | None:
    """Return the summary of the night that began last, None where there is none or no warehouse yet."""
    from warehouse.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.ledger import last_summary  # noqa: PLC0415

    try:
        return last_summary(open_warehouse(settings.warehouse_url))
    except MtqgError:
        return None


def _set_up_logs(settings: Settings) -> Path:
    """Show the night's own events on stderr, and keep them with tracebacks in `mtqg.log`; return that file."""
    path = settings.var / "mtqg.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    keep = RotatingFileHandler(path, maxBytes=5_000_000, backupCount=5, encoding="utf-8")
    keep.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    show = RichHandler(console=errors, show_path=False, show_level=False, markup=False)
    # A traceback belongs into the file; the terminal gets the sentence.
    show.addFilter(lambda record: record.exc_info is None)
    logger = logging.getLogger("mtqg")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    show.setLevel(logging.INFO)
    logger.handlers = [keep, show]
    return path


def _print_summary(summary: dict[str, Any], settings: Settings) -> None:
    from flows.report import counts_of  # noqa: PLC0415
    from warehouse.dialects import place_of  # noqa: PLC0415

    table = Table(title=f"Night {summary['run_id']}, as of {summary['as_of']}", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, count in counts_of(summary).items():
        table.add_row(name, f"{count}")
    out.print(table)
    if (
        not summary["received"]
        and not summary["facts_loaded"]
        and not any(summary["verdicts"].values())
        and not summary["errors"]
    ):
        out.print("Nothing new: nothing was loaded and nothing was mailed twice.")
    mails = "sent by the mail server" if settings.smtp_url.get_secret_value() else str(settings.outbox)
    places = {"page": summary["page"], "mails": mails, "warehouse": place_of(settings.warehouse_url)}
    if summary["data_docs"]:
        places["data docs"] = summary["data_docs"]
    for name, place in places.items():
        out.print(f"{name:>10}  {place}", soft_wrap=True, highlight=False, markup=False)
