"""What a province's run opens on other machines, asked once before anything is deployed."""

from collections.abc import Callable, Iterator

from flows.archive import open_archive
from flows.mail.mail_transport import transport_of
from mtqg.provinces.faults import Fault
from program.errors import ConfigurationError, MtqgError, WarehouseError
from program.provinces.provinces_file import Provinces
from program.settings import Settings, settings_of
from publish.national.partition import national_folder


def unopened(provinces: Provinces) -> Iterator[Fault]:
    """Yield what a run of a province could not open from this host, in the order of the file.

    That is a package that is not installed, a secret or block that is missing, and a server that
    does not answer. Nothing is written or sent. A province with wrong settings is left out.
    """
    for province in provinces:
        try:
            settings = settings_of(province)
        except ConfigurationError:
            # `faults_of` names it.
            continue
        for open_ in (_open_archive, _open_mail, _open_national):
            yield from _fault(province.code, open_, settings)


def _fault(code: str, open_: Callable[[Settings], None], settings: Settings) -> Iterator[Fault]:
    try:
        open_(settings)
    except MtqgError as wrong:
        yield Fault(code, str(wrong))


def _open_archive(settings: Settings) -> None:
    # Some file systems ask their server nothing before the first call.
    open_archive(settings).exists()


def _open_mail(settings: Settings) -> None:
    transport_of(settings).close()


def _open_national(settings: Settings) -> None:
    if not settings.national_url:
        return
    folder = national_folder(settings)
    try:
        folder.exists("mart")
    except OSError as wrong:
        raise WarehouseError(f"MTQG_NATIONAL_URL: {folder.url}: {wrong}") from wrong
