"""Public holidays of one country, from the package `holidays`, without importing all others."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import holidays
from holidays.registry import COUNTRIES, EntityLoader


def is_known_country(code: str) -> bool:
    """Tell whether the package has a country of this code."""
    # `list_supported_countries` would import each of 250 countries.
    return code in EntityLoader.get_country_codes()


def public_holidays(code: str) -> holidays.HolidayBase:
    """Return the holidays of a country that `is_known_country` knows."""
    _import_country(code)
    return holidays.country_holidays(code)


def _import_country(code: str) -> None:
    """Import the module of a country alone.

    `holidays` 0.109 looks a country up by the import of its module, which runs
    `holidays/countries/__init__.py` first: 279 countries. It takes a module that is there already.
    """
    module = next(module for module, names in COUNTRIES.items() if code in names)
    name = f"holidays.countries.{module}"
    path = Path(holidays.__file__).parent / "countries" / f"{module}.py"
    spec = spec_from_file_location(name, path) if path.is_file() else None
    # Without the file this version of the package keeps its countries elsewhere: its way then.
    if name in sys.modules or spec is None or spec.loader is None:
        return
    loaded = module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
