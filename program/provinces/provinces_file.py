"""`provinces.yaml`: the provinces of one Prefect server, with the settings of each.

No password stands in it: a setting that holds one names where it is, as a pack does
(`program.pack.secret`). `config/provinces.example.yaml` explains each key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from program.errors import ConfigurationError
from program.near_names import nearest
from program.pack.secret import Option, SecretText, refuse_password
from program.pack.yaml_file import Model, load_model, repeated
from program.provinces.stagger import StartWindow

_FILES = ("pack", "var", "metrics")
"""Settings that are paths: relative ones begin at the folder of `provinces.yaml`."""

_URL_SETTINGS = (
    *("warehouse_url", "archive_url", "inbox_url", "portal_url", "national_url"),
    *("smtp_url", "bounces_url", "mailbox_url"),
)
SECRET_SETTINGS = ("portal_token", "alarm_channels", "office_channels", "secrets")
"""Settings that are secret as a whole: they never stand in `provinces.yaml` itself."""


def _without_passwords(settings: dict[str, Option]) -> dict[str, Option]:
    for name in _URL_SETTINGS:
        url = settings.get(name)
        if isinstance(url, str):
            _refuse_password_in(name, url)
    for name, value in settings.items():
        if name in SECRET_SETTINGS and not isinstance(value, SecretText):
            raise ValueError(f"{name} is a secret: write it into one of env_files")
        if isinstance(value, SecretText) and value.block and name != "smtp_url":
            # `mtqg watch` and the run lock need the warehouse where there is no Prefect.
            raise ValueError(f"{name}: only smtp_url can be a block; write {{setting: …}}")
    return settings


def _refuse_password_in(name: str, url: str) -> None:
    try:
        refuse_password(url)
    except ValueError:
        raise ValueError(
            f"{name} holds a password: write {{setting: MTQG_SECRET_…}} in place of the URL, and "
            "the whole URL into one of env_files"
        ) from None


SettingsOfFile = Annotated[dict[str, Option], AfterValidator(_without_passwords)]
"""Settings by their names in `.env.example`, in small letters and without MTQG_."""


class ProvinceEntry(Model):
    """A province. What it does not say, `common` says.

    `env_files` are files with lines MTQG_…=…: for secrets, one file for each province, which nobody
    else can read. `cron` takes the place of the staggered time of the nightly run. Without `intake`
    there is none, as for a pack without such hours.
    """

    code: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$")
    name: str = Field(min_length=1)
    pool: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]+$")
    cron: str | None = Field(None, pattern=r"^\S+( \S+){4}$")
    intake: bool = True
    env_files: tuple[Path, ...] = ()
    settings: SettingsOfFile = Field({})


class CommonPart(Model):
    """What holds for each province that does not say otherwise. `{code}` in a text is its code."""

    pool: str = Field("nightly", pattern=r"^[A-Za-z0-9_.-]+$")
    env_files: tuple[Path, ...] = ()
    settings: SettingsOfFile = Field({})


@dataclass(frozen=True, slots=True)
class Province:
    """A province with all that is said of it. Paths are absolute.

    `settings` are values of `program.settings.Settings` by field, `secrets` the fields whose value
    stands in `env_files` under another name.
    """

    file: Path
    code: str
    name: str
    pool: str
    cron: str | None
    has_intake: bool
    env_files: tuple[Path, ...]
    settings: dict[str, Option]
    secrets: dict[str, SecretText]

    @property
    def place(self) -> str:
        """What MTQG_PROVINCE says to name this province."""
        return f"{self.file}#{self.code}"


class ProvincesFile(Model):
    """The content of `provinces.yaml`."""

    window: StartWindow = StartWindow()
    common: CommonPart = CommonPart()
    provinces: tuple[ProvinceEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        # Prefect's names are compared with small and large letters apart, folders not everywhere.
        twice = repeated(entry.code.casefold() for entry in self.provinces)
        if twice:
            raise ValueError(f"the code {twice[0]} stands twice: each province has its own")
        return self


@dataclass(frozen=True, slots=True)
class Provinces:
    """All provinces of a file, in its order, and the time in which their nightly runs begin."""

    window: StartWindow
    provinces: tuple[Province, ...]

    def __iter__(self) -> Iterator[Province]:
        return iter(self.provinces)

    def share(self, province: Province) -> float:
        """Return the place of a province among those of its pool: from 0 up to, not with, 1."""
        neighbours = [each.code for each in self.provinces if each.pool == province.pool]
        return neighbours.index(province.code) / len(neighbours)

    def named(self, code: str) -> Province:
        """Return the province with a code. Raises ConfigurationError with the codes that are."""
        found = {each.code: each for each in self.provinces}
        if code in found:
            return found[code]
        names = {each.code: each.name for each in self.provinces}
        meant = nearest(code, names) or sorted(found)
        file = self.provinces[0].file
        raise ConfigurationError(f"{file}: no province {code!r}; it has {', '.join(meant)}")


def load_provinces(file: Path) -> Provinces:
    """Return the provinces of a file.

    Raises:
        ConfigurationError: The message names file, line and key.
    """
    path = file.expanduser().absolute()
    content = load_model(path, ProvincesFile)
    entries = [_province(path, content.common, entry) for entry in content.provinces]
    return Provinces(content.window, tuple(entries))


def province_at(place: str) -> Province:
    """Return the province that MTQG_PROVINCE names: FILE#CODE. Raises ConfigurationError."""
    file, separator, code = place.rpartition("#")
    if not separator or not file or not code:
        raise ConfigurationError(
            f"MTQG_PROVINCE: expected FILE#CODE, for example /etc/mtqg/provinces.yaml#94; "
            f"found {place!r}"
        )
    return load_provinces(Path(file)).named(code)


def _province(path: Path, common: CommonPart, entry: ProvinceEntry) -> Province:
    folder = path.parent
    merged = common.settings | entry.settings
    settings: dict[str, Option] = {}
    secrets: dict[str, SecretText] = {}
    for name, value in merged.items():
        if isinstance(value, SecretText):
            _place_secret(name, value, settings, secrets)
        else:
            settings[name] = _of_province(value, entry.code)
    for name in _FILES:
        if settings.get(name):
            settings[name] = str(folder / Path(str(settings[name])).expanduser())
    files = [Path(str(_of_province(str(each), entry.code))) for each in common.env_files]
    files += entry.env_files
    return Province(
        file=path,
        code=entry.code,
        name=entry.name,
        pool=entry.pool or common.pool,
        cron=entry.cron,
        has_intake=entry.intake,
        env_files=tuple(folder / each.expanduser() for each in files),
        settings=settings,
        secrets=secrets,
    )


def _place_secret(
    name: str, place: SecretText, settings: dict[str, Option], secrets: dict[str, SecretText]
) -> None:
    if place.block:
        settings[name] = f"prefect:secret/{place.block}"
    else:
        secrets[name] = place


def _of_province(value: JsonValue, code: str) -> JsonValue:
    """Return a value with the province's code in place of `{code}`, at any depth."""
    if isinstance(value, str):
        return value.replace("{code}", code)
    if isinstance(value, dict):
        return {name: _of_province(part, code) for name, part in value.items()}
    if isinstance(value, list):
        return [_of_province(part, code) for part in value]
    return value
