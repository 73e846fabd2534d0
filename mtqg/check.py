"""`mtqg check`: the verdict on one file, touching nothing."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import VERDICT_STYLES, out, print_json
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.pack import Pack, load_pack
from program.settings import Settings, load_settings, quiet_third_parties
from program.source import FolderSource
from program.submission import Submission, Verdict

_WORDS = {
    Verdict.ACCEPTED: "ĐẠT: số liệu sẽ được ghi.",
    Verdict.ACCEPTED_WITH_WARNINGS: "ĐẠT, CÓ LƯU Ý: số liệu sẽ được ghi; xin kiểm tra lại các chỗ dưới đây.",
    Verdict.QUARANTINED: "CẦN SỬA: số liệu chưa được ghi.",
    Verdict.UNREADABLE: "KHÔNG ĐỌC ĐƯỢC: xin gửi lại.",
}
_SEVERITY_WORDS = {Severity.CRITICAL: ("lỗi", "red"), Severity.WARNING: ("lưu ý", "yellow"), Severity.INFO: ("ghi chú", "dim")}
_EXIT_CODES = {Verdict.QUARANTINED: 1, Verdict.UNREADABLE: 2}
_JSON_KEYS = ("rule", "severity", "sheet", "cell", "value", "message", "fix")


def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The workbook as it was sent.")],
    sender: Annotated[
        str | None,
        typer.Option(help="Code of the unit that sent it. Default: by the folder it lies in, as the night would take it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,  # noqa: FBT002  (a command-line flag)
    show_all: Annotated[bool, typer.Option("--all", help="Print the notes (info) too, not only their number.")] = False,  # noqa: FBT002
) -> None:
    """Give the verdict on one file, in Vietnamese, without loading, archiving or mailing anything.

    Exit code 0 accepted (with warnings or not), 1 quarantined, 2 unreadable.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    pack = load_pack(settings.pack)
    submission = _check(file, sender, settings, pack)
    if as_json:
        print_json(_as_json(submission))
    else:
        _print(file, submission, pack, show_all=show_all)
    raise typer.Exit(_EXIT_CODES.get(submission.verdict, 0))


def _check(file: Path, sender: str | None, settings: Settings, pack: Pack) -> Submission:
    from connectors.reader.reader import read_delivery  # noqa: PLC0415  (keeps --help and usage errors quick)
    from expectations.checking import Checker  # noqa: PLC0415
    from expectations.rules import RuleSet  # noqa: PLC0415

    is_small = file.stat().st_size <= settings.max_delivery_bytes
    delivery = Delivery(
        id=0,
        source="check",
        channel="file",
        name=file.name,
        received_at=datetime.now(UTC),
        sha256=None,
        sender_unit=sender or _sender_by_folder(file, settings, pack),
    )
    reading = read_delivery(file.read_bytes() if is_small else None, delivery, pack, max_bytes=settings.max_delivery_bytes)
    return Checker(pack, RuleSet(pack), file.name).check([reading])[0]


def _sender_by_folder(file: Path, settings: Settings, pack: Pack) -> str | None:
    """Return the sender that the night would take this file to be from, None outside every folder source."""
    from connectors.folder import Folder  # noqa: PLC0415
    from connectors.sources import connect  # noqa: PLC0415

    for source in pack.sources:
        folder = connect(source, settings, pack) if isinstance(source, FolderSource) else None
        below = folder.path_below(str(file.resolve())) if isinstance(folder, Folder) else None
        if isinstance(folder, Folder) and below is not None:
            return folder.sender_of(below)
    return None


def _as_json(submission: Submission) -> dict[str, object]:
    return {
        "verdict": submission.verdict.value,
        "form": submission.form_code,
        "unit": submission.unit_code,
        "period": submission.period.code if submission.period else None,
        "findings": [{key: asdict(f)[key] for key in _JSON_KEYS} for f in submission.findings],
    }


def _print(file: Path, submission: Submission, pack: Pack, *, show_all: bool) -> None:
    unit = pack.units.latest(submission.unit_code or "")
    form = next((f for f in pack.forms if f.code == submission.form_code), None)
    period = submission.period.label if submission.period else "kỳ chưa xác định"
    out.print(f"[bold]{file.name}[/]: {form.short_title if form else 'không rõ biểu mẫu'} – ", end="", highlight=False)
    out.print(f"{unit.name if unit else 'đơn vị chưa xác định'} – {period}", highlight=False)
    out.print(f"[bold {VERDICT_STYLES[submission.verdict]}]{_WORDS[submission.verdict]}[/]")
    notes = 0
    for finding in submission.findings:
        if finding.severity is Severity.INFO and not show_all:
            notes += 1
        else:
            _print_finding(finding)
    if notes:
        out.print(f"[dim]Ngoài ra có {notes} ghi chú không cần xử lý (xem bằng --all).[/]")


def _print_finding(finding: Finding) -> None:
    words, style = _SEVERITY_WORDS[finding.severity]
    place = (
        f'Trang "{finding.sheet}", ô {finding.cell}'
        if finding.cell
        else f'Trang "{finding.sheet}"'
        if finding.sheet
        else "Cả tệp"
    )
    value = f" (đang ghi: {finding.value})" if finding.value else ""
    out.print(f"\n[{style}]{words}[/] {finding.rule} · ", end="", highlight=False)
    out.print(f"{place}{value}", style="bold", markup=False, highlight=False)
    for text in (finding.message, f"Cần là: {finding.expected}" if finding.expected else "", f"Cách sửa: {finding.fix}"):
        if text:
            out.print(f"  {text}", markup=False, highlight=False)
