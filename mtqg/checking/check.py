"""`mtqg check`: the verdict on files and folders. Nothing is changed.

`files` finds the files, `file_checker` checks them, and `report` prints the results.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expectations.rules.rule_set import Language
from mtqg.checking.as_json import JsonReport
from mtqg.checking.files import files_of, is_folder
from mtqg.checking.phrases import PHRASES
from mtqg.checking.report import TextReport
from mtqg.checking.verdicts import Checked
from mtqg.console import errors, print_plain
from mtqg.maintenance.progress_bar import progress
from program.errors import UsageError, WarehouseError
from program.machine.importing import without_collecting
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import Settings, load_settings, quiet_third_parties
from program.submission import Verdict

logger = logging.getLogger("mtqg.checking.check")

if TYPE_CHECKING:
    from warehouse.database.engine import Warehouse

_EXIT_CODES = {Verdict.QUARANTINED: 1, Verdict.UNREADABLE: 2}


def check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Workbooks as they were sent, and folders that hold them at any depth."
        ),
    ],
    sender: Annotated[
        str | None,
        typer.Option(
            help="Code of the unit that sent them. Default: by each file's folder, as in a run."
        ),
    ] = None,
    lang: Annotated[
        Language,
        typer.Option(
            help=(
                "Language of the findings. Labels, names and numbers (2.208; 152,5) stay as "
                "printed in the workbook."
            )
        ),
    ] = "vi",
    *,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help=(
                "Print JSON: an object for one report; a list, with `file` or `report_no`, for "
                "several or a folder."
            ),
        ),
    ] = False,
    show_all: Annotated[
        bool,
        typer.Option(
            "--all", help="Print the notes (info) too, and all cells of a finding, not only some."
        ),
    ] = False,
    marked: Annotated[
        bool,
        typer.Option(
            "--marked",
            help=(
                "Write a copy of each file with findings, its cells coloured and commented, as "
                "the mail has it."
            ),
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the marked files. Default: the current folder.",
        ),
    ] = None,
) -> None:
    """Give the verdict on files: what is wrong, where, and how to fix it. Nothing is changed.

    The files are not loaded, archived or mailed. A file that is named is always checked. In a
    folder, workbooks are checked, and what districts sometimes send in place of one (PDF, Word,
    pictures, archives); the command names the files that it leaves out.

    Exit code by the worst file: 0 accepted (with warnings or not), 1 quarantined, 2 unreadable.
    """
    # Without it, nobody would see that nothing was written.
    if output is not None and not marked:
        raise UsageError("--output: the folder for marked files; give --marked as well")
    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    files = _files(paths, lang)
    is_one_file = len(paths) == 1 and not is_folder(paths[0])
    report: JsonReport | TextReport
    if as_json:
        report = JsonReport(is_one_file=is_one_file)
    else:
        report = TextReport(pack, lang, show_all=show_all, is_one_file=is_one_file)
    add_marked = _marking(output or Path(), pack, settings, lang) if marked else None
    worst = 0
    checked_files = _checked(files, pack, settings, sender, lang)
    for _, group in groupby(checked_files, key=lambda checked: checked.path):
        parts = list(group)
        for checked in parts:
            # Without `content`: it would keep the bytes of a zip's members until the end.
            report.add(replace(checked, content=None))
            # Every other verdict has the exit code 0.
            worst = max(worst, _EXIT_CODES.get(checked.verdict, 0))
        if add_marked:
            add_marked(parts)
    report.close()
    raise typer.Exit(worst)


def _files(paths: Sequence[Path], lang: Language) -> tuple[Path, ...]:
    """Return the files to check and print which are left out. Raises UsageError for none."""
    found = files_of(paths)
    for line in PHRASES[lang].left_out(found.left_out):
        _print_note(line)
    if not found.files:
        places = ", ".join(str(path) for path in paths)
        raise UsageError(f"nothing to check: no workbook in {places}")
    return found.files


def _marking(
    folder: Path,
    pack: Pack,
    settings: Settings,
    lang: Language,
) -> Callable[[Sequence[Checked]], None]:
    from mtqg.checking.marking import MarkedFolder  # noqa: PLC0415  (keeps --help quick)

    return MarkedFolder(folder, pack, settings, lang).add


def _checked(
    files: Sequence[Path],
    pack: Pack,
    settings: Settings,
    sender: str | None,
    lang: Language,
) -> Iterator[Checked]:
    """Yield the result for each file, in order, a chunk at a time."""
    from connectors.reader.reader_pool import Readers  # noqa: PLC0415  (both: --help stays quick)

    with Readers(pack, settings) as readers:
        # The processes start while the rules are imported, which takes longer.
        readers.start()
        with without_collecting():
            from mtqg.checking.file_checker import FileChecker  # noqa: PLC0415

        checker = FileChecker(pack, settings, readers, sender, lang, _warehouse(settings, lang))
        label = PHRASES[lang].checking
        size = settings.chunk_deliveries
        total = len(files)
        for start in range(0, total, size):
            # The bar is gone before results are printed: on a terminal both share the screen.
            with progress(label, total, completed=start, is_shown=total > 1) as advance:
                verdicts = checker.check(files[start : start + size], advance)
            yield from verdicts


def _warehouse(settings: Settings, lang: Language) -> "Warehouse | None":
    """Return the warehouse, None if there is none. Print on stderr whether there is one."""
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415  (keeps --help quick)

    try:
        warehouse = open_warehouse(settings.warehouse_url)
    except WarehouseError as reason:
        logger.debug("check warehouse=none reason=%s", reason)
        _print_note(PHRASES[lang].not_compared)
        return None
    _print_note(PHRASES[lang].compared)
    return warehouse


def _print_note(line: str) -> None:
    print_plain(line, errors, style="dim")
