"""`mtqg run`: run the pipeline now."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.logging import RichHandler
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from mtqg.as_of import parse_day
from mtqg.console import errors, out, print_problem
from program.errors import ConfigurationError, MtqgError, UsageError
from program.killable.left_behind import end_children_with_us
from program.machine.file_access import make_var
from program.machine.importing import without_collecting
from program.settings import Settings, load_settings, quiet_third_parties

if TYPE_CHECKING:
    from flows.night.progress import Progress, Watcher

_LOG_BYTES = 5_000_000
_LOG_FILES = 5


def run(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_day,
            metavar="YYYY-MM-DD",
            help="Date of the run: which reports are due. Default: today in Vietnam.",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Collect only from this source of the pack's sources.yaml.")
    ] = None,
    *,
    intake: Annotated[
        bool,
        typer.Option("--intake", help="Only take in, check, load and answer what came."),
    ] = False,
) -> None:
    """Run the pipeline now: collect, check, load, publish, mail.

    Exit code 0 for a complete run, also with bad submissions; 1 where the system failed. The
    command is safe to repeat: nothing is loaded or mailed twice, and it finishes what an
    interrupted run left. With --intake nothing is published and nobody is reminded: the next
    nightly run does that.
    """
    if intake and (as_of or source):
        raise UsageError(
            "--intake takes in all sources as of today: leave --as-of and --source out"
        )
    signal.signal(signal.SIGTERM, _stop)
    settings = load_settings()
    quiet_third_parties(settings)
    _set_up_prefect()
    log = _set_up_logs(settings)
    errors.print("[dim]starting Prefect (a few seconds) …[/]")
    with without_collecting():
        # Prefect reads its environment when it is imported.
        from flows.intake import intake as intake_flow  # noqa: PLC0415
        from flows.night.progress import watched_by  # noqa: PLC0415
        from flows.nightly import nightly  # noqa: PLC0415

    before = _last_summary(settings)
    day = as_of.date() if as_of else None
    run_flow = partial(nightly, day, source)
    if intake:
        run_flow = partial(intake_flow, at_any_hour=True)
    with _bar() as bar, watched_by(bar):
        failure = _failure_of(run_flow, log)
    summary = _last_summary(settings)
    # A run that did not begin has no summary: an earlier run's must not be shown for it.
    if summary and summary != before:
        _print_summary(summary, settings)
    elif intake and failure is None:
        out.print("Nothing new: nothing was loaded and nothing was mailed.")
    if failure is not None:
        raise failure


def _set_up_prefect() -> None:
    """Set what Prefect reads when it is imported, unless the environment has it."""
    # Prefect logs failures with tracebacks. The terminal gets a sentence, our log file the rest.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    # Its services have a level of their own. Ctrl-C ends Prefect's server before them, and what
    # they then cannot send to it is no news.
    os.environ.setdefault("PREFECT_INTERNAL_LOGGING_LEVEL", "CRITICAL")
    if os.environ.get("PREFECT_API_URL"):
        # A server that stays keeps our log too, as it does for a deployed run.
        os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "mtqg")
        os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
    else:
        # Prefect then starts a server of its own, and a process that is killed cannot end it.
        end_children_with_us()


@contextmanager
def _bar() -> "Iterator[Watcher]":
    """Show where the run is if stderr is a terminal; yield what moves the bar on.

    Elsewhere the log has a line a step.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with RichProgress(
        *columns,
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bar:
        task = bar.add_task("start", total=None)

        def show(progress: "Progress") -> None:
            counts = f" {progress.done}/{progress.total}" if progress.total else ""
            bar.update(
                task,
                description=f"{progress.step}{counts}",
                completed=progress.done,
                total=progress.total or None,
            )

        yield show


def _failure_of(flow: Callable[[], object], log: Path) -> MtqgError | None:
    """Run a flow and return its error, None after success.

    Raises typer.Exit after Ctrl-C or SIGTERM.
    """
    try:
        flow()
    except MtqgError as error:
        return error
    except BaseException as error:
        number = _stopping_signal(error)
        if number is not None:
            raise _stopped(number) from None
        if not isinstance(error, Exception):
            raise
        logging.getLogger("mtqg").exception("run failed")
        return MtqgError(
            f"the run stopped: {type(error).__name__}: {error}\n"
            f"Details: {log}. Run it again: it goes on where it was."
        )
    return None


class _Terminated(KeyboardInterrupt):
    """SIGTERM came: a run by hand ends by it as by Ctrl-C."""


def _stop(_number: int, _frame: object) -> None:
    # One signal is enough. A second one would break off the end of the run.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


def _stopping_signal(error: BaseException | None) -> signal.Signals | None:
    """Return the signal that caused an error, SIGINT or SIGTERM; None if none did.

    A signal to all of our processes also stops Prefect's own server, and the error is then that
    the server is gone.
    """
    from flows.night.runtime import ended_by_sigterm  # noqa: PLC0415  (keeps --help quick)

    while error is not None:
        # While a flow runs, Prefect's handler has the place of ours.
        if isinstance(error, _Terminated) or ended_by_sigterm(error):
            return signal.SIGTERM
        if isinstance(error, KeyboardInterrupt):
            return signal.SIGINT
        error = error.__cause__ or error.__context__
    return None


def _stopped(number: signal.Signals) -> typer.Exit:
    errors.print("stopped. Nothing is lost or half done: run it again, it goes on where it was.")
    # As a shell reports a process that a signal ended.
    return typer.Exit(128 + number)


def _last_summary(settings: Settings) -> dict[str, Any] | None:
    """Return the summary of the latest run, None if there is none or no warehouse yet."""
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.ledger import last_summary  # noqa: PLC0415

    try:
        return last_summary(open_warehouse(settings.warehouse_url))
    except MtqgError:
        return None


class _LogFile(RotatingFileHandler):
    """A log file. What it cannot write is one sentence, not a traceback for each event."""

    _has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002  (logging's)
        if not self._has_failed:
            self._has_failed = True
            reason = sys.exc_info()[1]
            print_problem("log", f"{self.baseFilename} is not complete: {reason}")


def _set_up_logs(settings: Settings) -> Path:
    """Send our events to stderr, and with tracebacks to `mtqg.log`; return the file's path."""
    path = settings.var / "mtqg.log"
    try:
        make_var(settings.var)
        to_file = _LogFile(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"MTQG_VAR: cannot write in the folder {settings.var}: {error.strerror}"
        ) from error
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    to_terminal = RichHandler(
        console=errors,
        show_path=False,
        show_level=False,
        markup=False,
    )
    # The terminal gets a sentence in place of a traceback.
    to_terminal.addFilter(lambda record: record.exc_info is None)
    # A terminal has a bar in place of a line for each step.
    to_terminal.addFilter(lambda record: record.name != "mtqg.progress" or not errors.is_terminal)
    to_terminal.setLevel(logging.INFO)
    logger = logging.getLogger("mtqg")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers = [to_file, to_terminal]
    return path


def _print_summary(summary: dict[str, Any], settings: Settings) -> None:
    from flows.night.artifacts import counts_of  # noqa: PLC0415  (keeps --help quick)

    title = f"Run {summary['run_id']}, as of {summary['as_of']}"
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    by_intakes = summary.get("by_intakes", {})
    if by_intakes:
        table.add_column("by intakes before it", justify="right")
    for name, count in counts_of(summary).items():
        row = [name, f"{count}"]
        if by_intakes:
            row.append(f"{by_intakes.get(name, 0)}")
        table.add_row(*row)
    out.print(table)
    if _had_nothing_to_do(summary):
        out.print("Nothing new: nothing was loaded and nothing was mailed twice.")
    for name, place in _places(summary, settings).items():
        out.print(
            f"{name:>10}  {place}",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )


def _had_nothing_to_do(summary: dict[str, Any]) -> bool:
    counts = (summary["received"], summary["facts_loaded"], *summary["verdicts"].values())
    return not any(counts) and not summary["errors"] and not summary.get("by_intakes")


def _places(summary: dict[str, Any], settings: Settings) -> dict[str, str]:
    """Return where the results of a run are."""
    from warehouse.database.backends import display_url  # noqa: PLC0415  (keeps --help quick)

    has_server = bool(settings.smtp_url.get_secret_value())
    places = {
        "mails": "sent by the mail server" if has_server else str(settings.outbox),
        "warehouse": display_url(settings.warehouse_url),
    }
    # An intake writes no page.
    if summary["page"]:
        places = {"page": summary["page"], **places}
    if summary["data_docs"]:
        places["data docs"] = summary["data_docs"]
    return places
