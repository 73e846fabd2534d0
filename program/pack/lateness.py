"""How late a report is, in working days, and to whom the pack escalates that."""

from datetime import date

from program.calendar.period import Period
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow


class Lateness:
    """By how many working days reports are late on a day, and to whom that is escalated."""

    def __init__(self, pack: Pack, today: date) -> None:
        self._pack = pack
        self._today = today
        self._days_since: dict[date, int] = {}

    def days(self, row: ReportingRow) -> int:
        """Return the working days since the due date; 0 where the report came or is not due."""
        return 0 if row.verdict is not None else self.days_since_due(row)

    def days_since_due(self, row: ReportingRow) -> int:
        """Return the working days since the due date, whether or not something came.

        0 up to the due date, and where nobody asked for the report.
        """
        if row.due_date is None or row.due_date >= self._today:
            return 0
        if row.due_date not in self._days_since:
            working_days = self._pack.calendar.working_days
            self._days_since[row.due_date] = working_days.between(row.due_date, self._today)
        return self._days_since[row.due_date]

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

        "" if it reaches none. A delay behind a placeholder is not escalated.
        """
        if not self.is_known(row):
            return ""
        steps = self._pack.correspondence.escalated(self.days(row))
        return steps[-1].to if steps else ""
