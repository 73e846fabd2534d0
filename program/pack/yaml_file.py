"""Reading a pack's YAML: strict, immutable models, and errors that name file, line and key."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from program.errors import ConfigurationError


class WrongKeyError(ValueError):
    """What a validator refuses below the place that it validates.

    pydantic knows only that place. `below` are the keys and positions from there to what is wrong.
    """

    def __init__(self, below: tuple[int | str, ...], reason: str) -> None:
        super().__init__(reason)
        self.below = below


class Model(BaseModel):
    """A piece of configuration: frozen, and without undeclared keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with the values of `update`, which computes its cached properties again."""
        copied = super().model_copy(update=update, deep=deep)
        # Pydantic copies what is cached too: it follows from the values before.
        for name in vars(copied).keys() - type(copied).model_fields.keys():
            del copied.__dict__[name]
        return copied


ModelType = TypeVar("ModelType")

_SECRET_KEYS = frozenset({"token", "password", "setting", "block"})
"""Keys below which somebody may have written a secret itself: messages do not show it."""

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def _resolvers_without_dates() -> dict[str, list[tuple[str, Any]]]:
    """Return what PyYAML recognises by a value's first character, except dates."""
    resolvers: dict[str, list[tuple[str, Any]]] = {}
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items():
        resolvers[first] = [pair for pair in pairs if pair[0] != _TIMESTAMP]
    return resolvers


class _Strict(SafeConstructor, Resolver):
    """YAML with two habits removed: the second of two equal keys wins, and dates are converted.

    A date stays text until a model reads it. The model refuses an impossible one (2024-02-30) with
    its line and key.
    """

    yaml_implicit_resolvers = _resolvers_without_dates()

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  (as PyYAML has it)
    ) -> dict[Hashable, Any]:
        keys = [key for key, _ in node.value]
        # A list, not a Counter: the value of a key that is itself a list cannot be hashed.
        values = [key.value for key in keys]
        for key in keys:
            if values.count(key.value) > 1:
                raise ConstructorError(
                    None,
                    None,
                    f"the key {key.value!r} stands twice",
                    key.start_mark,
                )
        return super().construct_mapping(node, deep)


class _Loader(_Strict, yaml.SafeLoader):
    """The loader in Python: slow, but its errors quote the line."""


class _FastLoader(_Strict, yaml.CSafeLoader):
    """The loader by libyaml, ten times as fast.

    With the other one, a small command spent half of its time on reading the pack (2026-11-30).
    """


def load_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises:
        ConfigurationError: The message names the file and, for bad YAML, the line.
    """
    text = read_text(path)
    with suppress(yaml.YAMLError):
        return yaml.load(text, _FastLoader)  # noqa: S506  (a SafeLoader)
    try:
        # Something is wrong. The slow loader says what, and quotes the line.
        return yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as wrong:
        reason = str(wrong).replace("<unicode string>", path.name)
        raise ConfigurationError(f"{path}: not valid YAML: {reason}") from wrong


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without the byte order mark of Excel and Notepad.

    Raises:
        ConfigurationError: The file is missing, unreadable or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as missing:
        raise ConfigurationError(f"{path}: the file is missing") from missing
    except UnicodeDecodeError as wrong:
        raise ConfigurationError(
            f"{path}: not UTF-8: byte {wrong.start}; save it as UTF-8"
        ) from wrong
    except OSError as wrong:
        raise ConfigurationError(f"{path}: cannot be read: {wrong}") from wrong


def load_model(path: Path, model: type[ModelType]) -> ModelType:
    """Return a YAML file as `model`.

    Raises:
        ConfigurationError: The message names file, line and key, what was expected and what found.
    """
    content = load_yaml(path)
    try:
        return TypeAdapter(model).validate_python(content)
    except ValidationError as wrong:
        raise ConfigurationError(_explain(path, wrong)) from wrong


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that stand more than once, each of them once, sorted."""
    counts = Counter(names)
    return sorted(name for name, times in counts.items() if times > 1)


def yaml_location(path: Path, location: tuple[int | str, ...]) -> str:
    """Return "file:line: key: ", with which a message about a place in a YAML file begins.

    `location` are the keys and positions from the top of the file.
    """
    # Read a second time, for its lines: only a pack with a mistake comes here.
    root = yaml.compose(read_text(path), yaml.SafeLoader)
    place = f"{path}:{_line(root, location)}: "
    if location:
        key = ".".join(map(str, location))
        place += f"{key}: "
    return place


def _explain(path: Path, wrong: ValidationError) -> str:
    """Return a line for each cause.

    An error that only follows from a deeper one is left out: a list with a wrong entry is "too
    short" as well.
    """
    errors = wrong.errors()
    locations = [_location(error) for error in errors]
    lines: list[str] = []
    for error, location in zip(errors, locations, strict=True):
        if any(_is_below(other, location) for other in locations):
            continue
        place = yaml_location(path, location)
        lines.append(place + _reason(error))
    return "\n".join(lines)


def _location(error: ErrorDetails) -> tuple[int | str, ...]:
    """Return the keys and positions from the top of the file to what is wrong."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, WrongKeyError):
        return error["loc"] + cause.below
    return error["loc"]


def _is_below(location: tuple[int | str, ...], above: tuple[int | str, ...]) -> bool:
    if len(location) <= len(above):
        return False
    return location[: len(above)] == above


def holds_password(text: str) -> bool:
    """Tell whether there is a URL with a password in a text."""
    # A password may have a slash in it, and a path an @: only a port is a number before a slash.
    return re.search(r"//[^/@]*:(?!\d*/).*@", text) is not None


def _reason(error: ErrorDetails) -> str:
    """Return pydantic's reason in the words of YAML, with the value where there is just one."""
    value = error["input"]
    kind = error["type"]
    if value is None:
        return "expected keys below this one; found nothing"
    is_secret = not _SECRET_KEYS.isdisjoint(map(str, error["loc"]))
    is_shown = not is_secret and not holds_password(str(value))
    if kind in ("model_type", "dict_type"):
        return "expected keys below this one" + (f"; found {value!r}" if is_shown else "")
    reason = error["msg"]
    if is_shown and not isinstance(value, dict | list):
        reason += f"; found {value!r:.80}"
    if "date" in kind:
        reason += "; expected a day such as 2024-01-31"
    elif kind == "string_type" and isinstance(value, bool | int | float):
        reason += "; put it in quotes"
    return reason


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line of the deepest key of `location` that the file has.

    The line of a missing key is that of its parent.
    """
    if node is None:
        return 1
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            entry = _entry(node, str(part))
            # pydantic's location also has the kind of a union's member, which is no key.
            if entry is not None:
                key, node = entry
                line = key.start_mark.line + 1
    return line


def _entry(node: yaml.MappingNode, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key `name` of a mapping and its value, or None."""
    for key, value in node.value:
        if key.value == name:
            return key, value
    return None
