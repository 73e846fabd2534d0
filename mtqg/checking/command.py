"""`mtqg check`: the verdict on files and folders, touching nothing.

Which files are meant is in `files`, judging them in `judging`, what is printed in `report`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from expectations.rules import Language
from mtqg.checking.as_json import JsonReport
from mtqg.checking.files import files_of, is_folder
from mtqg.checking.report import TextReport
from mtqg.checking.verdicts import Checked
from mtqg.checking.words import PHRASES
from mtqg.console import errors
from program.errors import AskedError, WarehouseError
from program.importing import without_collecting
from program.pack import Pack, load_pack
from program.settings import Settings, load_settings, quiet_third_parties
from program.submission import Verdict

logger = logging.getLogger("mtqg.checking.command")

if TYPE_CHECKING:
    from warehouse.engine import Warehouse

_EXIT_CODES = {Verdict.QUARANTINED: 1, Verdict.UNREADABLE: 2}


def check(
    paths: Annotated[list[Path], typer.Argument(help="Workbooks as they were sent, and folders with such files at any depth.")],
    sender: Annotated[
        str | None,
        typer.Option(help="Code of the unit that sent them. Default: by the folder each lies in, as the night would take it."),
    ] = None,
    lang: Annotated[
        Language,
        typer.Option(help="Language of the findings. Labels, names and numbers (2.208; 152,5) stay as printed in the workbook."),
    ] = "vi",
    *,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print JSON: an object for one report; a list, with `file` or `part`, for several or a folder."
        ),
    ] = False,
    show_all: Annotated[
        bool,
        typer.Option("--all", help="Print the notes (info) too, and every cell of a finding, not only their number."),
    ] = False,
    marked: Annotated[
        bool,
        typer.Option("--marked", help="Write each file with findings once more, its cells coloured and noted, as the mail does."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the marked files. Default: the one you are in.")
    ] = None,
) -> None:
    """Give the verdict on files without loading, archiving or mailing anything: what is wrong, where, and how to fix it.

    A file that is named is always checked. Of a folder, workbooks are, and what is sometimes sent in place of one (PDF,
    Word, pictures, archives); what was left out is said.

    Exit code, the worst of all files: 0 accepted (with warnings or not), 1 quarantined, 2 unreadable.
    """
    if output is not None and not marked:
        raise AskedError("--output: says where marked files go; give --marked as well")
    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    found = files_of(paths)
    for line in PHRASES[lang].left_out(found.left_out):
        errors.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
    if not found.files:
        raise AskedError(f"nothing to check: no workbook in {', '.join(str(path) for path in paths)}")
    is_one_file = len(paths) == 1 and not is_folder(paths[0])
    text = TextReport(pack, lang, show_all=show_all, is_one_file=is_one_file)
    report = JsonReport(is_one_file=is_one_file) if as_json else text
    worst = 0
    add_marked = _marking(output or Path(), pack, settings, lang) if marked else None
    for _, group in groupby(_checked(found.files, pack, settings, sender, lang), key=lambda checked: checked.path):
        parts = list(group)
        for checked in parts:
            # Without the way to its bytes: those of a file in a zip would be held until the end.
            report.add(replace(checked, content=None))
            worst = max(worst, _EXIT_CODES.get(checked.verdict, 0))
        if add_marked:
            add_marked(parts)
    report.close()
    raise typer.Exit(worst)


def _marking(folder: Path, pack: Pack, settings: Settings, lang: Language) -> Callable[[Sequence[Checked]], None]:
    from mtqg.checking.marking import MarkedFolder  # noqa: PLC0415  (keeps --help quick)

    return MarkedFolder(folder, pack, settings, lang).add


def _checked(files: Sequence[Path], pack: Pack, settings: Settings, sender: str | None, lang: Language) -> Iterator[Checked]:
    """Yield what is to be said of each file, in order, a chunk at a time."""
    from connectors.reader.workers import Readers  # noqa: PLC0415  (both: keeps --help and usage errors quick)

    with Readers(pack, settings) as readers:
        readers.start()  # while the rules are imported, which takes longer
        with without_collecting():
            from mtqg.checking.judging import Judge  # noqa: PLC0415

        judge = Judge(pack, settings, readers, sender, lang, _warehouse(settings, lang))
        for start in range(0, len(files), settings.chunk_deliveries):
            # The bar is gone before anything is printed: on a terminal both share the screen.
            with _progress(PHRASES[lang].checking, start, len(files)) as advance:
                verdicts = judge.check(files[start : start + settings.chunk_deliveries], advance)
            yield from verdicts


def _warehouse(settings: Settings, lang: Language) -> "Warehouse | None":
    """Return the warehouse to compare with, None where there is none; say which on stderr."""
    from warehouse.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)

    try:
        warehouse, line = open_warehouse(settings.warehouse_url), PHRASES[lang].compared
    except WarehouseError as reason:
        logger.debug("check warehouse=none reason=%s", reason)
        warehouse, line = None, PHRASES[lang].not_compared
    errors.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
    return warehouse


@contextmanager
def _progress(label: str, done: int, total: int) -> Iterator[Callable[[float], None]]:
    """Show a bar on stderr while files are checked, where somebody sees it and there are several; yield its next step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal or total == 1) as bar:
        task = bar.add_task(label, total=total, completed=done)
        yield lambda files: bar.advance(task, files)
