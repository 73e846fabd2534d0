"""The province's own forms: the files of the pack's folder, filled for the latest period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from program.calendar.period import Period, PeriodKind
from program.errors import UsageError
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from publish.kept import figures_version, keep, read_kept
from publish.output_folder import OutputFolder, digest_of
from publish.own_forms.docx_form import fill_docx
from publish.own_forms.figures import FigureSource
from publish.own_forms.xlsx_form import fill_xlsx
from warehouse.database.engine import Warehouse

_FOLDER = ("documents", "forms")
_ENDINGS = (".xlsx", ".docx")


@dataclass(frozen=True, slots=True)
class OwnForm:
    """A form of the pack. Its file is called `name.quarter.xlsx`: it is filled for each quarter."""

    path: Path
    name: str
    kind: PeriodKind


def own_forms(pack: Pack) -> Iterator[OwnForm]:
    """Yield the forms in the pack's `documents/forms`. Raises UsageError for a wrong name."""
    folder = pack.folder.joinpath(*_FOLDER)
    for path in sorted(folder.glob("*")):
        if path.suffix not in _ENDINGS or path.name.startswith(("~", ".")):
            continue
        name, _, kind = path.stem.rpartition(".")
        if not name or kind not in set(PeriodKind):
            kinds = ", ".join(PeriodKind)
            raise UsageError(f"{path}: expected a name like bieu-1.quarter.xlsx, one of {kinds}")
        yield OwnForm(path, name, PeriodKind(kind))


def filled_form(path: Path, warehouse: Warehouse, pack: Pack, period: Period, day: date) -> bytes:
    """Return a form filled with the figures of a period; same figures, same bytes.

    Raises UsageError if it asks for what there is not, or is no .xlsx or .docx.
    """
    return _filled(path, FigureSource(warehouse, pack, period, day))


def _filled(path: Path, source: FigureSource) -> bytes:
    try:
        if path.suffix == ".xlsx":
            return fill_xlsx(path.read_bytes(), source)
        if path.suffix == ".docx":
            return fill_docx(path, source)
    except UsageError as wrong:
        raise UsageError(f"{path.name}: {wrong}") from wrong
    raise UsageError(f"{path.name}: expected an .xlsx or a .docx")


def write_own_forms(
    output: OutputFolder,
    warehouse: Warehouse,
    pack: Pack,
    rows: Sequence[ReportingRow],
    day: date,
    kept: Path | None = None,
) -> None:
    """Write each form of the pack, filled for the latest period of its kind with a report.

    A form may print the day, so each is filled again each day; `kept` is the folder that keeps its
    figures for the next run.
    """
    version = figures_version(warehouse, pack, day)
    for form in own_forms(pack):
        period = _latest(rows, form.kind, day)
        if period is not None:
            name = f"bieu-cua-tinh/{form.name}-{period.code}{form.path.suffix}"
            source = FigureSource(warehouse, pack, period, day)
            filled = partial(_filled_with_kept, form.path, source, version, kept)
            output.make(name, digest_of(version, day), filled)


def _filled_with_kept(path: Path, source: FigureSource, version: str, folder: Path | None) -> bytes:
    """Return a filled form, whose figures are asked for again only where they may have changed."""
    if folder is None:
        return _filled(path, source)
    file = folder / f"{path.name}.figures"
    made_from = digest_of(version, source.period.code)
    figures = read_kept(file, made_from)
    if figures is not None:
        source.figures.update(figures)
        return _filled(path, source)
    content = _filled(path, source)
    keep(file, made_from, source.figures)
    return content


def _latest(rows: Sequence[ReportingRow], kind: PeriodKind, day: date) -> Period | None:
    """Return the last period of a kind that has ended and of which a report counts."""
    periods = set()
    for row in rows:
        period = Period.parse(row.period)
        counts = row.verdict is not None and row.verdict.loads
        if counts and period.kind is kind and period.end < day:
            periods.add(period)
    return max(periods, key=lambda period: period.end, default=None)
