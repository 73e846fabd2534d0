"""Reading a pack's YAML: strict, immutable models, and an error that names file and key."""

from collections import Counter
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from program.errors import ConfigurationError


class Model(BaseModel):
    """What every piece of configuration is: frozen, and without a key that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelType = TypeVar("ModelType")


class _Loader(yaml.SafeLoader):
    """YAML without its habit of letting the second of two equal keys win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        doubled = next((key for key, _ in node.value if keys.count(key.value) > 1), None)
        if doubled is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {doubled.value!r} stands twice", doubled.start_mark)
        return super().construct_mapping(node, deep)


def load_yaml(path: Path) -> Any:
    """Return a YAML file's content. Raises ConfigurationError naming the file and, for bad YAML, the line."""
    text = read_text(path)
    try:
        return yaml.load(text, _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as wrong:
        raise ConfigurationError(f"{path}: not valid YAML: {wrong}") from wrong


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
    return "\n".join(f"{place_of(path, e['loc'])}{e['msg']}; found {e['input']!r:.80}" for e in wrong.errors())


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
