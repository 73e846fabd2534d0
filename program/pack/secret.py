"""Secrets that a pack names and never holds: passwords, tokens and keys of sources.

In YAML stands where the secret is: `{setting: MTQG_SECRET_SFTP}`, a variable of the environment or
of `.env`, or `{block: sftp-password}`, a Secret block of Prefect.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    Discriminator,
    JsonValue,
    Tag,
    model_validator,
)

from program.pack.yaml_file import Model, holds_password

SECRET_VARIABLE = re.compile(r"MTQG_SECRET_[A-Z0-9_]+")
"""The names that variables with secrets have. Any other unknown name is a misspelt setting."""

_BLOCK = re.compile(r"[a-z0-9-]+")
_SECRET_WORDS = frozenset(
    {
        *("password", "passwd", "passphrase", "pwd", "passcode"),
        *("secret", "token", "key", "credential", "credentials"),
        *("auth", "authorization", "cookie", "cookies"),
        # Azure's connection_string holds a key.
        "string",
    }
)
_HOW = "write {setting: MTQG_SECRET_…} or {block: …} in place of the secret itself"


class SecretText(Model):
    """Where a secret text is kept: in a variable, or in a Secret block of Prefect.

    `Settings.secret` returns the text. A run first reads the blocks that its source names
    (`flows.secrets`).
    """

    setting: str | None = None
    block: str | None = None

    # Before the keys are: the error of one key would show its value, perhaps the secret itself.
    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, places: object) -> object:
        if not isinstance(places, dict) or len(places) != 1:
            raise ValueError("expected either setting or block")
        ((kind, name),) = places.items()
        if kind == "setting" and not _matches(SECRET_VARIABLE, name):
            raise ValueError("setting: expected the name of a variable MTQG_SECRET_…")
        if kind == "block" and not _matches(_BLOCK, name):
            raise ValueError("block: expected the name of a Secret block of Prefect: a-z, 0-9, -")
        return places

    def __str__(self) -> str:
        return self.setting or f"block {self.block}"


def _matches(pattern: re.Pattern[str], name: object) -> bool:
    return isinstance(name, str) and pattern.fullmatch(name) is not None


def _kind_of_option(value: object) -> str:
    is_place = isinstance(value, dict) and not value.keys().isdisjoint({"setting", "block"})
    return "secret" if is_place or isinstance(value, SecretText) else "plain"


Option = Annotated[
    Annotated[SecretText, Tag("secret")] | Annotated[JsonValue, Tag("plain")],
    Discriminator(_kind_of_option),
]


def _without_literal_secrets(options: dict[str, Option]) -> dict[str, Option]:
    """Return the options. Raises ValueError if one of them is a secret, or turns a check off."""
    for name, value in _flat(options):
        # At the top it is a SecretText by now.
        if isinstance(value, dict) and _kind_of_option(value) == "secret":
            raise ValueError(f"{name}: only an option at the top can name a secret")
        if _is_secret_name(name) and _is_text_or_number(value):
            raise ValueError(f"{name} holds a secret: {_HOW}")
        if isinstance(value, str) and "-----BEGIN" in value:
            raise ValueError(f"{name} holds a private key: name its file instead")
        _refuse_unchecked(name, value)
    return options


def _refuse_unchecked(name: str, value: Option) -> None:
    """Raise ValueError for an option that turns off the check of host keys or certificates."""
    if isinstance(value, str) and value:
        return
    if name == "known_hosts":
        raise ValueError("known_hosts: expected the path of a file: host keys are checked")
    if name == "verify" and value is not True:
        raise ValueError(
            "verify: expected the path of a file with your own certificate authority: "
            "certificates are checked"
        )


Options = Annotated[dict[str, Option], AfterValidator(_without_literal_secrets)]
"""Options of a file system of fsspec. A secret among them is a `SecretText`, at the top only."""


def refuse_password(url: str) -> str:
    """Return `url`. Raises ValueError, without its text, if there is a password in it."""
    if holds_password(url):
        # The text is not shown, which is one reason to refuse it.
        raise ValueError(
            "the URL holds a password: put it into the options as password, and there " + _HOW
        )
    return url


def _flat(options: Mapping[str, Option]) -> Iterator[tuple[str, Option]]:
    """Yield each option, at any depth, after those that hold it."""
    for name, value in options.items():
        yield name, value
        if isinstance(value, dict):
            yield from _flat(value)


def _is_secret_name(name: str) -> bool:
    words = [word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    return not _SECRET_WORDS.isdisjoint(words[-1:])


def _is_text_or_number(value: Option) -> bool:
    return isinstance(value, str | int | float | list) and not isinstance(value, bool)
