"""Reading a pack's YAML: strict, immutable models, and an error that names file and key."""

from collections import Counter
from collections.abc import Hashable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from program.errors import ConfigurationError


class Model(BaseModel):
    """What every piece of configuration is: frozen, and without a key that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelType = TypeVar("ModelType")


class _Strict(SafeConstructor, Resolver):
    """YAML without its habits of letting the second of two equal keys win, and of reading dates by itself.

    A date stays text until a model reads it: an impossible one (2024-02-30) is then refused with its line and key.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  (as PyYAML has it)
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        doubled = next((key for key, _ in node.value if keys.count(key.value) > 1), None)
        if doubled is not None:
            raise ConstructorError(None, None, f"the key {doubled.value!r} stands twice", doubled.start_mark)
        return super().construct_mapping(node, deep)


class _Loader(_Strict, yaml.SafeLoader):
    """In Python: slow, and its errors quote the line."""


class _FastLoader(_Strict, yaml.CSafeLoader):
    """By libyaml, ten times as fast: reading a pack was half of what a small command cost (2026-11-30)."""


def load_yaml(path: Path) -> Any:
    """Return a YAML file's content. Raises ConfigurationError naming the file and, for bad YAML, the line."""
    text = read_text(path)
    with suppress(yaml.YAMLError):
        return yaml.load(text, _FastLoader)  # noqa: S506  (a SafeLoader)
    try:
        # Once more, for an error that says what is wrong and quotes the line.
        return yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as wrong:
        raise ConfigurationError(f"{path}: not valid YAML: {str(wrong).replace('<unicode string>', path.name)}") from wrong


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, without the mark that Excel and Notepad put first. Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as missing:
        raise ConfigurationError(f"{path}: the file is missing") from missing
    except UnicodeDecodeError as wrong:
        raise ConfigurationError(f"{path}: not UTF-8: byte {wrong.start}; save it as UTF-8") from wrong
    except OSError as wrong:
        raise ConfigurationError(f"{path}: cannot be read: {wrong}") from wrong


def load_model(path: Path, model: type[ModelType]) -> ModelType:
    """Return the file as `model`. Raises ConfigurationError naming file, line, key, and what was expected and found."""
    content = load_yaml(path)
    try:
        return TypeAdapter(model).validate_python(content)
    except ValidationError as wrong:
        raise ConfigurationError(_explain(path, wrong)) from wrong


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that stand more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def place_of(path: Path, location: tuple[int | str, ...]) -> str:
    """Return "file:line: key: ", the beginning of a complaint about `location` of a YAML file."""
    root = yaml.compose(read_text(path), yaml.SafeLoader)
    return f"{path}:{_line(root, location)}: {_key(location)}"


def _explain(path: Path, wrong: ValidationError) -> str:
    """Return a line for each error, without those that only follow: a list whose entry is wrong is "too short" as well."""
    errors = wrong.errors()
    deeper = [e["loc"] for e in errors]
    causes = [e for e in errors if not any(len(loc) > len(e["loc"]) and loc[: len(e["loc"])] == e["loc"] for loc in deeper)]
    return "\n".join(f"{place_of(path, e['loc'])}{_said(e)}" for e in causes)


def _said(error: ErrorDetails) -> str:
    """Return what pydantic says of an error, in the words of YAML, with what was found where that is one value."""
    found, kind = error["input"], error["type"]
    if kind in ("model_type", "dict_type") or found is None:
        return f"expected keys below this one; found {'nothing' if found is None else repr(found)}"
    hint = "; put it in quotes" if kind == "string_type" and isinstance(found, bool | int | float) else ""
    if "date" in kind:
        hint = "; expected a day such as 2024-01-31"
    return error["msg"] + ("" if isinstance(found, dict | list) else f"; found {found!r:.80}") + hint


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line of the deepest key of `location` that the file has: a missing key is named at its parent."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                # pydantic names the kind of a union's member too, which is no key of the file.
                continue
            line, node = found[0].start_mark.line + 1, found[1]
    return line


def _key(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(part) for part in location)}: " if location else ""
