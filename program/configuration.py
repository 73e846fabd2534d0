"""Reading a pack's YAML: strict, immutable models, and an error that names file and key."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from program.errors import ConfigurationError


class Model(BaseModel):
    """What every piece of configuration is: frozen, and without a key that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ModelType = TypeVar("ModelType")


def load_yaml(path: Path) -> Any:
    """Return a YAML file's content. Raises ConfigurationError naming the file and, for bad YAML, the line."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise ConfigurationError(f"{path}: the file is missing") from missing
    except yaml.YAMLError as wrong:
        raise ConfigurationError(f"{path}: not valid YAML: {wrong}") from wrong


def load_model(path: Path, model: type[ModelType]) -> ModelType:
    """Return the file as `model`. Raises ConfigurationError naming file, key, and what was expected and found."""
    content = load_yaml(path)
    try:
        return TypeAdapter(model).validate_python(content)
    except ValidationError as wrong:
        raise ConfigurationError(_explain(path, wrong)) from wrong


def _explain(path: Path, wrong: ValidationError) -> str:
    lines = [
        f"{path}: {'.'.join(str(part) for part in error['loc'])}: {error['msg']}; found {error['input']!r:.80}"
        for error in wrong.errors()
    ]
    return "\n".join(lines)
