"""Edit a YAML file and keep its order, quotes and comments: ruamel.yaml, of the extra `draft`."""

import io
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from program.errors import not_installed

if TYPE_CHECKING:
    from ruamel.yaml import YAML

_ONE_LINE = 10_000
"""The width of a text that is never broken: a broken quoted text is hard to read."""


def read_yaml(text: str) -> Any:
    """Return a file's content, to be changed and given to `write_yaml`.

    Raises UsageError where the package is not installed.
    """
    return _round_trip().load(text)


def write_yaml(content: Any) -> str:
    """Return content as YAML: what was read by `read_yaml` keeps its comments and quotes."""
    text = io.StringIO()
    _round_trip().dump(content, text)
    return text.getvalue()


def quoted(text: str) -> str:
    """Return a text that is written in double quotes."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString  # noqa: PLC0415  (an extra)

    written: str = DoubleQuotedScalarString(text)
    return written


def without_comments(text: str, keep: Callable[[str], str]) -> str:
    """Return a text with each block of comment lines replaced by the result of `keep`."""

    def kept(block: str) -> str:
        return keep(block) if _is_comment(block) else block

    text = "".join(kept(block) for block in _blocks(text))
    # Removed comments leave empty lines.
    return re.sub(r"\n{3,}", "\n\n", text).lstrip("\n")


def _round_trip() -> "YAML":
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415  (an extra)
    except ImportError as missing:
        raise not_installed("ruamel.yaml", "draft") from missing
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _ONE_LINE
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _blocks(text: str) -> Iterator[str]:
    """Yield runs of comment lines, and runs of other lines."""
    for _, lines in groupby(text.splitlines(keepends=True), key=_is_comment):
        yield "".join(lines)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
