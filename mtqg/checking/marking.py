"""`mtqg check --marked`: each file with findings written once more, marked, as the night's mail would bring it."""

from collections.abc import Sequence
from pathlib import Path

from expectations.rules import Language
from mtqg.checking.verdicts import Checked
from mtqg.checking.words import PHRASES
from mtqg.console import errors
from program.errors import AskedError
from program.pack import Pack
from program.settings import Settings
from program.submission import Submission
from publish.marking.attaching import title_of
from publish.marking.names import marked_name
from publish.marking.order import Order, Report, to_act_on
from publish.marking.process import Marker, MarkingError
from publish.marking.words import words_of


class MarkedFolder:
    """Where marked workbooks are written; never over a file that is there."""

    def __init__(self, folder: Path, pack: Pack, settings: Settings, lang: Language) -> None:
        self._folder, self._pack, self._settings, self._lang = folder, pack, settings, lang
        self._marker = Marker(pack, settings.limits)

    def add(self, parts: Sequence[Checked]) -> None:
        """Write one file with the findings of all reports in it, where there are any; say where it is, or why it is not."""
        reports = tuple(self._report(each.submission) for each in parts if each.submission)
        first, words = parts[0], PHRASES[self._lang]
        if first.content is None or not any(report.findings for report in reports):
            return
        try:
            content = first.content()
            if content is None:
                raise MarkingError(f"larger than {self._settings.max_delivery_bytes} bytes")
            order = Order(content, first.path.name, reports, self._lang)
            path = self._write(first.path.name, self._marker.mark(order))
        except (MarkingError, OSError) as reason:
            line = words.unmarked.format(name=first.path.name, reason=reason)
        else:
            line = words.marked.format(path=path)
        errors.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)

    def _report(self, submission: Submission) -> Report:
        period = submission.period.code if submission.period else None
        title = title_of(submission.form_code, period, submission.stage, self._pack)
        return Report(title, to_act_on(submission.findings), submission.part)

    def _write(self, name: str, content: bytes) -> Path:
        stem = marked_name(name, words_of(self._lang).suffix).removesuffix(".xlsx")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise AskedError(f"--output: {self._folder}: {wrong.strerror}") from wrong
        number = 1
        while True:
            path = self._folder / (f"{stem}.xlsx" if number == 1 else f"{stem} {number}.xlsx")
            try:
                with path.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                number += 1
            else:
                return path
