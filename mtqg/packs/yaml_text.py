"""Changing a YAML file as text: all that is not touched stays as it was written, comments and all."""

import json
import re
from collections.abc import Callable, Iterator

import yaml

Pair = tuple[yaml.Node, yaml.Node]

_BLOCK_SCALARS = ("|", ">")


class YamlText:
    """A file's text, its nodes, and edits that are done all at once, so that the nodes' places stay true meanwhile."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []
        self.root = yaml.compose(text, yaml.SafeLoader) or yaml.MappingNode("", [])

    def put(self, pair: Pair, value: str) -> None:
        """Write `value`, as YAML, in place of the value that the pair of key and value has."""
        key, old = pair
        if _is_block(old):
            self._edits.append((key.end_mark.index, self._line_end(_last_line(old)), f": {value}"))
        else:
            self._edits.append((old.start_mark.index, old.end_mark.index, value))

    def drop(self, first: yaml.Node, last: yaml.Node) -> None:
        """Remove the lines from where `first` begins to where `last` ends: a key with its value, or an item of a list."""
        self._edits.append((self._line_start(first.start_mark.line), self._line_end(_last_line(last)) + 1, ""))

    def part(self, pair: Pair) -> str:
        """Return the lines of a key with its value."""
        return self._text[self._line_start(pair[0].start_mark.line) : self._line_end(_last_line(pair[1]))] + "\n"

    def text(self) -> str:
        """Return the text with all edits done."""
        text = self._text
        for start, end, value in sorted(self._edits, reverse=True):
            text = text[:start] + value + text[end:]
        return text

    def _line_start(self, line: int) -> int:
        return sum(len(text) for text in self._text.splitlines(keepends=True)[:line])

    def _line_end(self, line: int) -> int:
        return self._line_start(line) + len(self._text.splitlines()[line])


def pairs(node: yaml.Node) -> dict[str, Pair]:
    """Return a mapping's pairs of key and value node by the key's text; none for any other node."""
    return {key.value: (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def items(pair: Pair | None) -> list[yaml.Node]:
    """Return the items of the list that a pair has as its value; none where there is no list."""
    return list(pair[1].value) if pair is not None and isinstance(pair[1], yaml.SequenceNode) else []


def scalar(node: yaml.Node, key: str) -> str | None:
    """Return the text of a mapping's scalar value, None where it has none."""
    pair = pairs(node).get(key)
    return str(pair[1].value) if pair is not None and isinstance(pair[1], yaml.ScalarNode) else None


def quoted(text: str) -> str:
    """Return `text` as a quoted YAML string in one line."""
    return json.dumps(text, ensure_ascii=False)


def without_comments(text: str, keep: Callable[[str], str]) -> str:
    """Return `text` with each block of whole-line comments replaced by what `keep` makes of it: "" drops it."""
    kept = (keep(block) if block.lstrip().startswith("#") else block for block in _blocks(text))
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).lstrip("\n")


def _blocks(text: str) -> Iterator[str]:
    """Yield runs of comment lines, and runs of other lines."""
    run, is_comment = "", False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("#") != is_comment and run:
            yield run
            run = ""
        is_comment = line.lstrip().startswith("#")
        run += line
    yield run


def _is_block(node: yaml.Node) -> bool:
    if isinstance(node, yaml.ScalarNode):
        return node.style in _BLOCK_SCALARS
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _last_line(node: yaml.Node) -> int:
    """Return the line on which a node's text ends; the end mark of a block stands behind what follows it."""
    if not _is_block(node):
        return int(node.end_mark.line)
    if isinstance(node, yaml.ScalarNode) or not node.value:
        return max(int(node.end_mark.line) - 1, int(node.start_mark.line))
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)
