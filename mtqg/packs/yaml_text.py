"""Edit a YAML file as text: everything else stays as it was written, comments included."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

import yaml

Pair = tuple[yaml.Node, yaml.Node]

_BLOCK_SCALARS = ("|", ">")


class _Edit(NamedTuple):
    """New text for the characters from `start` to `end`."""

    start: int
    end: int
    text: str


class YamlText:
    """A file's text and nodes, and edits to it.

    All edits happen at the end in `text()`, so that the positions of nodes stay valid until then.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[_Edit] = []
        self.root = yaml.compose(text, yaml.SafeLoader) or yaml.MappingNode("", [])

    def put(self, pair: Pair, value: str) -> None:
        """Replace the value of a pair of key and value. `value` is YAML."""
        key, old = pair
        if _is_block(old):
            # The new value goes on the key's line.
            end = self._line_end(_last_line(old))
            self._edits.append(_Edit(key.end_mark.index, end, f": {value}"))
        else:
            self._edits.append(_Edit(old.start_mark.index, old.end_mark.index, value))

    def drop(self, first: yaml.Node, last: yaml.Node) -> None:
        """Remove all lines from the start of `first` to the end of `last`.

        Both are the key and the value of a pair, or twice an item of a list.
        """
        start = self._line_start(first.start_mark.line)
        end = self._line_end(_last_line(last)) + 1
        self._edits.append(_Edit(start, end, ""))

    def part(self, pair: Pair) -> str:
        """Return the lines of a key and its value."""
        key, value = pair
        start = self._line_start(key.start_mark.line)
        end = self._line_end(_last_line(value))
        return self._text[start:end] + "\n"

    def text(self) -> str:
        """Return the text after all edits."""
        text = self._text
        # From the end: an edit moves the text behind it.
        for edit in sorted(self._edits, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text

    def _line_start(self, line: int) -> int:
        lines = self._text.splitlines(keepends=True)
        return sum(len(text) for text in lines[:line])

    def _line_end(self, line: int) -> int:
        return self._line_start(line) + len(self._text.splitlines()[line])


def pairs(node: yaml.Node) -> dict[str, Pair]:
    """Return the pairs of a mapping by the key's text; an empty dict for any other node."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value}


def items(pair: Pair | None) -> list[yaml.Node]:
    """Return the items of a pair whose value is a list; an empty list for any other pair."""
    if pair is None or not isinstance(pair[1], yaml.SequenceNode):
        return []
    return list(pair[1].value)


def scalar(node: yaml.Node, key: str) -> str | None:
    """Return the text of a key's scalar value, None if the node has none."""
    pair = pairs(node).get(key)
    if pair is None or not isinstance(pair[1], yaml.ScalarNode):
        return None
    return str(pair[1].value)


def quoted(text: str) -> str:
    """Return a text as a quoted YAML string in one line."""
    return json.dumps(text, ensure_ascii=False)


def without_comments(text: str, keep: Callable[[str], str]) -> str:
    """Return a text with each block of comment lines replaced by the result of `keep`."""

    def kept(block: str) -> str:
        return keep(block) if _is_comment(block) else block

    text = "".join(kept(block) for block in _blocks(text))
    # Removed comments leave empty lines.
    return re.sub(r"\n{3,}", "\n\n", text).lstrip("\n")


def _blocks(text: str) -> Iterator[str]:
    """Yield runs of comment lines, and runs of other lines."""
    for _, lines in groupby(text.splitlines(keepends=True), key=_is_comment):
        yield "".join(lines)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _is_block(node: yaml.Node) -> bool:
    """Return whether a node's text takes whole lines."""
    if isinstance(node, yaml.ScalarNode):
        return node.style in _BLOCK_SCALARS
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _last_line(node: yaml.Node) -> int:
    """Return the line on which a node's text ends, from 0."""
    if not _is_block(node):
        return int(node.end_mark.line)
    # The end mark of a block is behind the empty lines and comments that follow it.
    if isinstance(node, yaml.ScalarNode) or not node.value:
        return max(int(node.end_mark.line) - 1, int(node.start_mark.line))
    last = node.value[-1]
    if isinstance(last, tuple):  # a pair of a mapping
        _, last = last
    return _last_line(last)
