"""The archive that the settings name, with the secrets that its options need."""

from connectors.archive import Archive
from flows.secrets import with_blocks
from program.pack.secret import SecretText
from program.settings import Settings


def open_archive(settings: Settings) -> Archive:
    """Return the archive of MTQG_ARCHIVE_URL, with MTQG_ARCHIVE_OPTIONS.

    Raises ConfigurationError if a setting or a secret is wrong or missing, and ArchiveError if a
    server cannot be reached.
    """
    options = settings.archive_options
    places = [value for value in options.values() if isinstance(value, SecretText)]
    revealed = with_blocks(settings, places).revealed(options)
    return Archive(settings.archive_url, revealed)
