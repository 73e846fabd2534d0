"""How late a report is, in working days, and to whom the pack escalates that."""

from datetime import date

from program.calendar.period import Period
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import state_of
from program.vietnamese import vietnam_day


class Lateness:
    """By how many working days reports are late on a day, and to whom that is escalated.

    It is the one measure of a delay that people read: of the pages, workbooks, mails and commands.
    """

    def __init__(self, pack: Pack, today: date) -> None:
        self._pack = pack
        self._today = today
        self._overdue: dict[tuple[date, date], int] = {}

    def days(self, row: ReportingRow) -> int:
        """Return the working days from the due date to the day that ends the delay.

        A report that the office waits for is late until today, also where a file came that must be
        corrected. Any other is late until its first file came. 0 up to the due date, and where
        nobody asked for the report.
        """
        is_waited_for = state_of(row, self._today).is_waited_for
        if not is_waited_for and row.first_at is not None:
            return self._days_until(row, vietnam_day(row.first_at))
        return self._days_until(row, self._today)

    def _days_until(self, row: ReportingRow, day: date) -> int:
        if row.due_date is None:
            return 0
        key = row.due_date, day
        if key not in self._overdue:
            self._overdue[key] = self._pack.calendar.working_days.overdue(row.due_date, day)
        return self._overdue[key]

    def is_known(self, row: ReportingRow) -> bool:
        """Return whether the deadline is real, and no placeholder for one that is not set yet."""
        unit = self._pack.unit_on(row.unit_code, row.period)
        if unit is None:
            return False
        period = Period.parse(row.period)
        calendar = self._pack.calendar
        return calendar.is_deadline_known(row.form_code, row.stage, unit.kind, period)

    def escalated_to(self, row: ReportingRow) -> str:
        """Return the highest step of the escalation that the delay reaches: unit, office, leader.

        "" if it reaches none. A delay behind a placeholder is not escalated, nor is one of a report
        that came.
        """
        if row.verdict is not None or not self.is_known(row):
            return ""
        steps = self._pack.correspondence.escalated(self.days(row))
        return steps[-1].to if steps else ""
