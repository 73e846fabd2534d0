"""`mtqg check --marked`: write a marked copy of each file with findings, as a run's mail has it."""

from collections.abc import Sequence
from pathlib import Path

from expectations.rules.rule_set import Language
from mtqg.checking.phrases import PHRASES
from mtqg.checking.verdicts import Checked
from mtqg.console import errors, print_plain
from program.errors import UsageError
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Submission
from publish.marking.file_names import marked_name, numbered_names
from publish.marking.letter_attachments import title_of
from publish.marking.marking_process import MarkerPool, MarkingError
from publish.marking.request import MarkedReport, MarkRequest, actionable
from publish.marking.texts import marking_texts


class MarkedFolder:
    """The folder for marked workbooks. An existing file is never overwritten."""

    def __init__(
        self,
        folder: Path,
        pack: Pack,
        settings: Settings,
        lang: Language,
    ) -> None:
        self._folder = folder
        self._pack = pack
        self._settings = settings
        self._lang = lang
        self._marker = MarkerPool(pack, settings.limits)

    def add(self, parts: Sequence[Checked]) -> None:
        """Write one marked copy for all reports in a file, and print its path or why it failed.

        A file without findings gets no copy. Raises nothing for a file that cannot be marked.
        """
        first = parts[0]
        name = first.path.name
        words = PHRASES[self._lang]
        submissions = [part.submission for part in parts if part.submission]
        reports = tuple(self._report(submission) for submission in submissions)
        has_findings = any(report.findings for report in reports)
        # Without `content`, nobody could read the file.
        if first.content is None or not has_findings:
            return
        try:
            content = first.content()
            if content is None:
                raise MarkingError(f"larger than {self._settings.max_delivery_bytes} bytes")
            request = MarkRequest(content, name, reports, self._lang)
            marked = self._marker.mark(request)
            path = self._write(name, marked)
        except (MarkingError, OSError) as reason:
            line = words.unmarked.format(name=name, reason=reason)
        else:
            line = words.marked.format(path=path)
        print_plain(line, errors, style="dim")

    def _report(self, submission: Submission) -> MarkedReport:
        period = submission.period.code if submission.period else None
        title = title_of(submission.form_code, period, submission.stage, self._pack)
        return MarkedReport(title, actionable(submission.findings), submission.report_no)

    def _write(self, name: str, content: bytes) -> Path:
        """Write a file under a name that is not in use, and return its path."""
        names = numbered_names(marked_name(name, marking_texts(self._lang).suffix))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise UsageError(f"--output: {self._folder}: {wrong.strerror}") from wrong
        while True:
            path = self._folder / next(names)
            try:
                # "x": another process may write to the same folder.
                with path.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                continue
            return path
