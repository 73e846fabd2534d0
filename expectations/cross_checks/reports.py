"""The reports that are compared with each other, by form, period and stage."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from expectations.cross_checks.case import PeriodStage
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.current_report import CurrentReport


class Reports:
    """Reports by their form, period and stage; those of one key in the order given."""

    def __init__(self, reports: Iterable[CurrentReport]) -> None:
        self._about: dict[tuple[str, str, Stage], list[CurrentReport]] = defaultdict(list)
        for report in reports:
            self._about[report.form, report.period, report.stage].append(report)

    def about(self, form: str, period: Period, stage: Stage) -> Sequence[CurrentReport]:
        """Return the reports of a form about a period and stage."""
        return self._about.get((form, period.code, stage), ())

    def occasions(self, code: str, pack: Pack) -> Iterator[PeriodStage]:
        """Yield the periods and stages that form `code` was reported for, in order.

        A period that no version of the form covers is left out.
        """
        reported = [(period, stage) for form, period, stage in self._about if form == code]
        for period_code, stage in sorted(reported):
            period = Period.parse(period_code)
            form = pack.form(code, period)
            if form is None:
                continue
            reports = self.about(code, period, stage)
            yield PeriodStage(form, period, stage, reports)
