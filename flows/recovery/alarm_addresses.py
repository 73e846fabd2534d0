"""The addresses of alarms, kept beside the pack: a pack that is wrong stops the run that alarms.

Each run keeps those of its pack in `MTQG_VAR`. The alarm uses them where the pack's own files of
addresses cannot be read.
"""

import logging
from contextlib import suppress

from pydantic import ValidationError

from program.errors import ConfigurationError
from program.machine.atomic_write import write_atomic
from program.pack.alarm_addresses import AlarmAddresses
from program.pack.pack import Pack
from program.settings import Settings

logger = logging.getLogger("mtqg.run")


def keep_addresses(settings: Settings, pack: Pack) -> None:
    """Keep the addresses of a valid pack. A disk that is full leaves those of an earlier run."""
    kept = AlarmAddresses.of_pack(pack).model_dump_json(indent=1)
    try:
        write_atomic(settings.alarm_addresses, kept.encode())
    except OSError as error:
        # The run itself says that the disk is full, at the step that needs it.
        logger.warning("alarm addresses kept=no reason=%s", error)


def addresses_of_alarm(settings: Settings) -> AlarmAddresses:
    """Return who gets an alarm: as the pack says, else as the pack of the last good run said.

    Raises ConfigurationError if the pack's files are wrong and no run has kept any.
    """
    try:
        return AlarmAddresses.read(settings.pack)
    except ConfigurationError:
        with suppress(OSError, ValidationError):
            return AlarmAddresses.model_validate_json(settings.alarm_addresses.read_bytes())
        raise
