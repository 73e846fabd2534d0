"""The forty questions of docs/questions.md: their statements, and their answers as the page shows them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from program.settings import ROOT

PAGE = ROOT / "docs" / "questions.md"
_BLOCK = re.compile(r"```sql\n(?P<sql>.*?)\n```\n(?:\n```text\n(?P<answer>.*?)\n```\n)?", re.DOTALL)


class Question(NamedTuple):
    """A statement, and the answer that the page gives to it."""

    sql: str
    answer: str


def questions() -> Iterator[Question]:
    """Yield what the page asks, in its order."""
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield Question(block["sql"], block["answer"] or "")


def answer(connection: Connection, sql: str) -> str:
    """Return the rows of a statement as a table, fractions with one digit."""
    result = connection.execute(text(sql))
    lines = [list(result.keys()), *([_shown(value) for value in row] for row in result)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_line(line, widths) for line in lines)


def rewrite(answers: Iterable[str]) -> None:
    """Write the answers into the page, each under its statement."""
    waiting = iter(answers)
    page = _BLOCK.sub(
        lambda block: f"```sql\n{block['sql']}\n```\n\n```text\n{next(waiting)}\n```\n",
        PAGE.read_text(encoding="utf-8"),
    )
    PAGE.write_text(page, encoding="utf-8")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)
