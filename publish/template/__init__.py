"""A form's workbook for a unit and period: blank for a district to fill in, or with values given.

Where its parts are: `book` puts the sheets together; `guide` is the first of them; `heading`, `body` and `printing` are
what stands above, in and below a table; `entries` what Excel says and refuses; `grid` where all of it stands.
"""

from publish.template.book import write_template
from publish.template.values import Cell, Values

__all__ = ["Cell", "Values", "write_template"]
