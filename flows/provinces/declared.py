"""The deployments of a province: those of `prefect.yaml`, with its own names, times and settings.

`prefect.yaml` stays the one place that says what a deployment is and what its automations are.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from program.calendar.schedule import IntakeHours
from program.pack.load import load_calendar
from program.pack.yaml_file import load_yaml
from program.provinces.provinces_file import Province, Provinces
from program.provinces.stagger import shifted
from program.settings import ROOT, settings_of

Declaration = dict[str, Any]
"""An entry of `deployments` in `prefect.yaml`."""

PROVINCE_TAG = "mtqg-province"
_SHARED_TAG = "mtqg"
_NIGHTLY, _INTAKE = "nightly", "intake"


def tag_of(code: str) -> str:
    """Return the tag of all deployments of a province."""
    return f"{PROVINCE_TAG}-{code}"


def declared_deployments(province: Province, provinces: Provinces) -> list[Declaration]:
    """Return the deployments of a province, each with a `version` that follows from its content.

    Raises ConfigurationError if the province's settings or its pack's calendar are wrong.
    """
    hours = load_calendar(settings_of(province).pack).intake if province.has_intake else None
    template = load_yaml(ROOT / "prefect.yaml")["deployments"]
    # A pack whose calendar gives no hours has no intakes.
    left_out = set() if hours else {_INTAKE}
    names = _OwnNames.of(template, province.code)
    declared = []
    for each in template:
        if each["name"] in left_out:
            continue
        own = names.renamed(_without(each, left_out))
        own["tags"] = [*own["tags"], PROVINCE_TAG, tag_of(province.code)]
        own["description"] = f"{province.name}: {own['description']}"
        own["work_pool"] = _pool(own["work_pool"], province)
        for schedule in own.get("schedules", []):
            cron = schedule["cron"]
            schedule["cron"] = _cron(each["name"], cron, province, provinces, hours)
        own["version"] = _version(own)
        declared.append(own)
    return declared


@dataclass(frozen=True, slots=True)
class _OwnNames:
    """The names and tags of the template, which a province has with its code behind them."""

    names: frozenset[str]
    tags: frozenset[str]
    code: str

    @classmethod
    def of(cls, template: list[Declaration], code: str) -> "_OwnNames":
        names = frozenset(each["name"] for each in template)
        tags = frozenset(tag for each in template for tag in each["tags"])
        return cls(names, tags - {_SHARED_TAG}, code)

    def renamed(self, declaration: Declaration) -> Declaration:
        """Return a deployment with the province's names wherever it names one, also itself."""
        own: Declaration = self._value("", declaration)
        own["name"] = self._with_code(own["name"])
        for trigger in own.get("triggers", []):
            trigger["name"] = f"{trigger['name']} {self.code}"
        return own

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._value(key, part) for part in value]
        if isinstance(value, str):
            return self._text(key, value)
        return value

    def _text(self, key: str, text: str) -> str:
        # A parameter `deployment` is flow/name.
        name = text.rpartition("/")[2]
        if key in ("prefect.resource.name", "missing", "deployment") and name in self.names:
            return self._with_code(text)
        tag = text.removeprefix("prefect.tag.")
        if key in ("tags", "prefect.resource.id") and tag in self.tags:
            return self._with_code(text)
        return text

    def _with_code(self, text: str) -> str:
        return f"{text}-{self.code}"


def _without(declaration: Declaration, left_out: set[str]) -> Declaration:
    """Return a deployment without the automations about deployments that the province lacks."""
    triggers = declaration.get("triggers")
    if not triggers or not left_out:
        return declaration
    kept = [trigger for trigger in triggers if left_out.isdisjoint(_watched(trigger))]
    return {**declaration, "triggers": kept}


def _watched(trigger: Mapping[str, Any]) -> Iterator[str]:
    """Yield the deployments that an automation matches, by their names or the tags of their own."""
    related = trigger["match_related"]
    for each in related if isinstance(related, list) else [related]:
        yield each.get("prefect.resource.name", "")
        yield each.get("prefect.resource.id", "").removeprefix(f"prefect.tag.{_SHARED_TAG}-")


def _pool(template: Mapping[str, Any], province: Province) -> dict[str, Any]:
    variables = template["job_variables"]
    # Readable over the API: the place of the settings, and none of them.
    env = variables["env"] | {"MTQG_PROVINCE": province.place}
    return {**template, "name": province.pool, "job_variables": {**variables, "env": env}}


def _cron(
    name: str, cron: str, province: Province, provinces: Provinces, hours: IntakeHours | None
) -> str:
    share = provinces.share(province)
    if name == _NIGHTLY:
        return province.cron or provinces.window.cron(share)
    if name == _INTAKE and hours:
        minute, _, *days = cron.split()
        cron = " ".join([minute, f"{hours.from_hour}-{hours.until_hour - 1}", *days])
    return shifted(cron, share)


def _version(declaration: Declaration) -> str:
    """Return the digest of a deployment and of the folder that its code runs in."""
    content = json.dumps([declaration, str(ROOT)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
