"""A value of a report as a Vietnamese reader sees it: in the column's measure, by its labels."""

from datetime import date

from program.forms.measure import to_printed
from program.forms.table import Column, ColumnType
from program.pack.pack import Pack
from program.records.site_rows import SubmissionFact
from program.vietnamese import format_date, format_number


def shown_value(fact: SubmissionFact, column: Column, pack: Pack, period: str) -> str:
    """Return a fact's value as written on a page.

    Money is in the measure of the form's column; a commune has its name on the period's last day.
    What the pack does not explain is shown as it is kept.
    """
    if fact.value is not None:
        value = fact.value
        if column.type is ColumnType.MONEY:
            value = to_printed(value, column.measure)
        number = format_number(value)
        return f"{fact.qualifier.label} {number}" if fact.qualifier else number
    text = fact.text or ""
    match column.type:
        case ColumnType.CODE:
            word = column.vocabulary.get(text)
            return text if word is None else word.label
        case ColumnType.COMMUNE:
            unit = pack.unit_on(text, period)
            return text if unit is None else unit.name
        case ColumnType.DATE:
            return format_date(date.fromisoformat(text))
    return text
