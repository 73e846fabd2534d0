"""The deployments of a province are those of `prefect.yaml`, and none of them touches another province."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.provinces.declared import declared_deployments
from flows.provinces.deploying import _stale
from mtqg.provinces.faults import faults_of
from program.provinces.provinces_file import Provinces, load_provinces
from program.settings import ROOT, Settings, settings_of

TEMPLATE = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
NAMES = {each["name"] for each in TEMPLATE}


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture
def provinces(tmp_path: Path) -> Provinces:
    """Three provinces, the second on a pool of its own and without intake; a secret in each file."""
    for code in ("94", "95", "96"):
        shutil.copytree(ROOT / "config" / "example-province", tmp_path / "packs" / code)
        secrets = tmp_path / f"{code}.env"
        secrets.write_text(f"MTQG_SECRET_DB=postgresql://u:hush-{code}@db/mtqg_{code}\n")
        secrets.chmod(0o640)
    calendar = (ROOT / "config" / "soc-trang" / "calendar.yaml").read_text(encoding="utf-8")
    hours = {"intake": yaml.safe_load(calendar)["intake"] | {"from_hour": 6, "until_hour": 20}}
    for code in ("94", "95"):
        file = tmp_path / "packs" / code / "calendar.yaml"
        own = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump(own | hours, allow_unicode=True), encoding="utf-8")
    content = {
        "window": {"first": "23:00", "last": "03:00"},
        "common": {
            "env_files": ["{code}.env"],
            "settings": {
                "pack": "packs/{code}",
                "var": "var/{code}",
                "warehouse_url": {"setting": "MTQG_SECRET_DB"},
            },
        },
        "provinces": [
            {"code": "94", "name": "Sóc Trăng"},
            {"code": "95", "name": "Bạc Liêu", "pool": "own", "intake": False, "cron": "7 2 * * *"},
            {"code": "96", "name": "Cà Mau"},
        ],
    }
    file = tmp_path / "provinces.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_provinces(file)


def declared(provinces: Provinces, code: str) -> dict[str, dict[str, Any]]:
    found = declared_deployments(provinces.named(code), provinces)
    return {each["name"]: each for each in found}


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def test_a_province_has_each_deployment_of_the_template_with_the_same_automations(
    provinces: Provinces,
) -> None:
    own = declared(provinces, "94")
    assert set(own) == {f"{name}-94" for name in NAMES}
    for each in TEMPLATE:
        mine = own[f"{each['name']}-94"]
        assert mine["entrypoint"] == each["entrypoint"]
        names = [f"{trigger['name']} 94" for trigger in each.get("triggers", [])]
        assert [trigger["name"] for trigger in mine.get("triggers", [])] == names
    assert own["lost-runs-94"]["parameters"] == {"deployment": "nightly/nightly-94"}
    missing = [
        trigger.get("parameters", {}).get("missing") for trigger in own["alarm-94"]["triggers"]
    ]
    assert "intake-94" in missing


def test_no_text_in_a_province_s_deployments_names_one_of_the_template_s(
    provinces: Provinces,
) -> None:
    """Else an automation would match the deployments of a server that has both, or of all provinces."""
    own = declared(provinces, "94")
    flows = {f"{name}/{name}" for name in NAMES}
    tags = {tag for each in TEMPLATE for tag in each["tags"]} - {"mtqg"}
    shared = NAMES | flows | tags | {f"prefect.tag.{tag}" for tag in tags}
    # The name of the pool is not one of them: it is "nightly", as the template's.
    content = [{**each, "work_pool": None} for each in own.values()]
    assert shared.isdisjoint(texts(content))


def test_every_automation_matches_a_deployment_or_a_tag_of_its_own_province(
    provinces: Provinces,
) -> None:
    own = declared(provinces, "94")
    allowed = {"prefect.resource.name": set(own)}
    tags = {f"prefect.tag.{tag}" for each in own.values() for tag in each["tags"] if "94" in tag}
    allowed["prefect.resource.id"] = tags
    for each in own.values():
        for trigger in each.get("triggers", []):
            related = trigger["match_related"]
            asked = related if isinstance(related, list) else [related]
            assert any(
                part.get(key) in values for part in asked for key, values in allowed.items()
            ), trigger["name"]


def test_a_province_without_intake_has_no_intake_and_no_automation_that_waits_for_one(
    provinces: Provinces,
) -> None:
    for code in ("95", "96"):
        own = declared(provinces, code)
        assert set(own) == {f"{name}-{code}" for name in NAMES - {"intake"}}
        said = [text for text in texts(list(own.values())) if "provinces.yaml" not in text]
        assert not [text for text in said if "intake" in text.casefold()]
        assert len(own[f"lost-runs-{code}"]["triggers"]) == 1


def test_the_settings_of_a_province_say_whether_it_has_an_intake(provinces: Provinces) -> None:
    has_intake = {province.code: settings_of(province).intake for province in provinces}
    assert has_intake == {"94": True, "95": False, "96": True}


def test_job_variables_have_the_place_of_the_settings_and_no_secret(provinces: Provinces) -> None:
    for province in provinces:
        for each in declared(provinces, province.code).values():
            env = each["work_pool"]["job_variables"]["env"]
            assert [name for name in env if name.startswith("MTQG_")] == ["MTQG_PROVINCE"]
            assert env["MTQG_PROVINCE"] == f"{province.file}#{province.code}"
            assert each["work_pool"]["name"] == ("own" if province.code == "95" else "nightly")
            assert "hush" not in yaml.safe_dump(each)


def test_runs_are_spread_and_an_intake_has_the_hours_of_its_pack(provinces: Provinces) -> None:
    def cron(code: str, name: str) -> str:
        (schedule,) = declared(provinces, code)[f"{name}-{code}"]["schedules"]
        assert schedule["timezone"] == "Asia/Ho_Chi_Minh"
        return schedule["cron"]

    crons = [cron(code, "nightly") for code in ("94", "95", "96")]
    assert crons == ["0 23 * * *", "7 2 * * *", "0 1 * * *"]
    assert cron("94", "intake") == "0,20,40 6-19 * * *"
    assert [cron(code, "mails") for code in ("94", "96")] == ["5 7 * * *", "32 7 * * *"]


def test_a_version_changes_with_the_content_alone(provinces: Provinces) -> None:
    again = load_provinces(provinces.provinces[0].file)
    assert declared(again, "94") == declared(provinces, "94")
    versions = [each["version"] for each in declared(provinces, "94").values()]
    assert len(set(versions)) == len(versions)
    other = Provinces(provinces.window.model_copy(update={"first": "22:00"}), provinces.provinces)
    changed = declared(other, "94")["nightly-94"]["version"]
    assert changed != declared(provinces, "94")["nightly-94"]["version"]


def test_a_province_that_has_a_fault_is_not_stale() -> None:
    class Existing:
        def __init__(self, name: str, code: str) -> None:
            self.name = name
            self.tags = ["mtqg-province", f"mtqg-province-{code}"]

    existing = {
        each.name: each
        for each in (
            Existing("nightly-94", "94"),
            Existing("nightly-95", "95"),
            Existing("nightly-96", "96"),
        )
    }
    stale = _stale(existing, {"nightly-94"}, {"95"})
    assert [each.name for each in stale] == ["nightly-96"]


def test_a_good_file_has_no_fault(provinces: Provinces) -> None:
    assert faults_of(provinces) == []


def test_faults_are_named_by_province_and_show_no_secret(
    provinces: Provinces, tmp_path: Path
) -> None:
    (tmp_path / "95.env").write_text((tmp_path / "94.env").read_text())
    (tmp_path / "95.env").chmod(0o644)
    shutil.rmtree(tmp_path / "packs" / "96")
    faults = [str(fault) for fault in faults_of(provinces)]
    assert faults[0].startswith(f"95: {tmp_path}/95.env: everybody can read it")
    assert faults[1] == "95: warehouse_url is the same as of 94: each province has its own"
    assert faults[2].startswith("96: ")
    assert "packs/96" in faults[2]
    assert "hush" not in " ".join(faults)
