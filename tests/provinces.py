"""Small provinces and their country: packs made from the example pack, reports loaded as checked, partitions as sent."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine

from connectors.shared_folder import SharedFolder
from program.calendar.period import Period
from program.calendar.schedule import obligations
from program.calendar.stage import Stage
from program.finding import Finding
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from program.submission import Fact, Submission, verdict_of
from publish.data.package import write_data
from publish.national.partition import write_partition
from tests.arriving import arrive
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import start_run
from warehouse.load import load_delivery

NOON = datetime(2025, 2, 20, 5, tzinfo=UTC)
DAY = NOON.date()
COMMUNES = ("Xã Một", "Xã Hai", "Xã Ba")
NATION = "VN"
_EXAMPLE = ROOT / "config" / "example-province"
_NARRATIVE = ROOT / "config" / "soc-trang" / "forms" / "narrative.yaml"
_HEADER = ("code", "name", "kind", "parent", "valid_from", "valid_to", "successors", "source")
_MONEY_TARGET = {
    "scope": "national", "period": "2024", "value": 1000, "comparison": "at_least", "tag": "U", "source": "synthetic",
}  # fmt: skip


def commune(province: str, number: int) -> str:
    """The code of a province's commune, numbered from 1."""
    return f"{province}10{number}"


def province_pack(folder: Path, code: str, *, changed: Mapping[str, Any] | None = None) -> Pack:
    """A province with three communes. `changed` are keys of its indicator LAND-SHARE."""
    units = [(code, f"Tỉnh {code}", "province", "")]
    for number, name in enumerate(COMMUNES, start=1):
        units.append((commune(code, number), f"{name} {code}", "commune", code))
    _write(folder, units, code)
    _edit(folder / "indicators.yaml", lambda all_: all_["indicators"][0].update(changed or {}))
    return load_pack(folder)


def national_pack(folder: Path, provinces: Sequence[str]) -> Pack:
    """The country of these provinces, with a target for the share and one for the money of 2024."""
    units = [(NATION, "Việt Nam", "nation", "")]
    units += [(code, f"Tỉnh {code}", "province", NATION) for code in provinces]
    _write(folder, units, NATION)

    def set_targets(all_: Any) -> None:
        share, money, _ = all_["indicators"]
        share["targets"] = [share["targets"][0] | {"scope": "national"}]
        money["targets"] = [_MONEY_TARGET]

    _edit(folder / "indicators.yaml", set_targets)
    return load_pack(folder)


def _write(folder: Path, units: Sequence[Sequence[str]], code: str) -> None:
    shutil.copytree(_EXAMPLE, folder)
    write_units(folder, units)
    _edit(folder / "program.yaml", lambda program: program.update(province=code))
    _edit(folder / "contacts.yaml", lambda contacts: contacts.update(units={}))
    # The households in need are what the year plans; those that got support stand beside them.
    _edit(folder / "forms" / "land" / "v1.yaml", _plan_met)
    shutil.copy2(_NARRATIVE, folder / "forms")


def _plan_met(form: Any) -> None:
    needed = form["tables"][0]["columns"][0]
    needed["plans"] = "met"


def write_units(folder: Path, units: Sequence[Sequence[str]]) -> None:
    """Write the units of a pack: code, name, kind and parent of each. They exist for ever."""
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows([*unit, "", "", "", "synthetic"] for unit in units)


def _edit(path: Path, change: Any) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _fact(element: str, value: float | str, cell: str) -> Fact:
    if isinstance(value, str):
        return Fact(element, 0, None, value, "Thuyết minh", cell)
    return Fact(element, 0, value, None, "Đất và nhà", cell)


class SendingProvince:
    """A province with its warehouse: reports are loaded, then its partition is sent."""

    def __init__(self, pack: Pack, folder: Path, *, day: date = DAY) -> None:
        self.pack = pack
        self._folder = folder
        self.now = datetime.combine(day, NOON.timetz())
        self._number = 0
        self.engine: Engine = prepare_warehouse(f"sqlite:///{folder / 'warehouse.sqlite'}")
        sync_catalogue(self.engine, pack, obligations(pack.calendar, pack.units, day), self.now)
        self._run = start_run(self.engine, day, "rules-7", self.now)

    def land(
        self, number: int, period: str, needed: float, met: float, vnd: float, *findings: Finding
    ) -> None:
        """Load the report on land of a commune, with findings that are no errors."""
        facts = {"needed_total": needed, "met_total": met, "land_spent_vnd_total": vnd}
        self.load("land", commune(self.pack.province.code, number), period, facts, *findings)

    def load(
        self,
        form: str,
        unit: str,
        period: str,
        facts: Mapping[str, float | str],
        *findings: Finding,
        stage: Stage = Stage.FINAL,
    ) -> None:
        """Load a report of a unit; a fact that is a text is a part of its narrative."""
        self._number += 1
        at = self.now + timedelta(minutes=self._number)
        delivery = arrive(self.engine, self._run, self._number, unit, at, at)
        values = tuple(
            _fact(name, value, f"C{row}") for row, (name, value) in enumerate(facts.items(), 5)
        )
        report = Submission(
            delivery, verdict_of(findings), findings, form, "v1", unit, Period.parse(period), stage, values,
            values_read=len(values),
        )  # fmt: skip
        load_delivery(
            self.engine, [(report, None)], run_id=self._run, rule_set_version="rules-7", now=at
        )

    def send(self, url: str, *, site: str = "") -> Path:
        """Send the partition; return the province's folder where the URL is a folder."""
        package = self._folder / "data"
        write_data(self.engine, self.pack, package, is_ours=True)
        write_partition(self.engine, self.pack, package, SharedFolder(url), site=site, now=self.now)
        return Path(url) / "mart" / f"province={self.pack.province.code}"
