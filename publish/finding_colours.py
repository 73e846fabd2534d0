"""The colours of findings in a marked workbook. Templates name them in their legend."""

from program.finding import Severity

FINDING_COLOURS = {
    Severity.CRITICAL: "FFFF7C80",
    Severity.WARNING: "FFFFB84D",
    Severity.INFO: "FFDDEBF7",
}
"""Red, orange and blue by severity, as ARGB. Black text is legible on each.

No other cell of a template has one of them.
"""
