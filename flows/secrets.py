"""Secrets that are kept in Secret blocks of Prefect, read for the layers that do not know Prefect.

Prefect's database holds them encrypted, and no file of this project does.
"""

from collections.abc import Iterable
from typing import cast

from pydantic import SecretStr

from program.errors import ConfigurationError
from program.pack.secret import SecretText
from program.settings import Settings


def with_blocks(settings: Settings, places: Iterable[SecretText]) -> Settings:
    """Return settings that know the secrets of all blocks among `places`, as they are now.

    Raises ConfigurationError if Prefect has no such block.
    """
    found = {str(place): _secret_of(place.block) for place in places if place.block}
    if not found:
        return settings
    return settings.model_copy(update={"secrets": settings.secrets | found})


def _secret_of(block: str) -> SecretStr:
    # Prefect takes a second to import, and most deployments have no block.
    from prefect.blocks.system import Secret  # noqa: PLC0415

    try:
        secret = cast("Secret[str]", Secret.load(block))
    except ValueError as wrong:
        raise ConfigurationError(
            f"Prefect has no block secret/{block}; `prefect block ls` shows what it has "
            "(docs/sources-of-deliveries.md)"
        ) from wrong
    return SecretStr(str(secret.get()))
