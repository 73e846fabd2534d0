"""`provinces.yaml`: what it may say, and the settings of a province that follow from it."""

from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from program.errors import ConfigurationError
from program.provinces.provinces_file import (
    _URL_SETTINGS,
    SECRET_SETTINGS,
    Province,
    load_provinces,
    province_at,
)
from program.provinces.stagger import StartWindow, shifted
from program.settings import ROOT, Settings, load_settings, settings_of


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def written(folder: Path, *entries: dict[str, object], **more: object) -> Path:
    file = folder / "provinces.yaml"
    content = {"provinces": list(entries), **more}
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def entry(code: str, **more: object) -> dict[str, object]:
    return {"code": code, "name": f"Tỉnh {code}", **more}


def one(folder: Path, entry: dict[str, object], **more: object) -> Province:
    (province,) = load_provinces(written(folder, entry, **more))
    return province


def test_a_province_has_its_own_settings_before_the_common_ones_with_its_code_in_them(
    tmp_path: Path,
) -> None:
    common = {
        "pool": "south",
        "settings": {"var": "var/{code}", "archive_url": "s3://mtqg/{code}", "readers": 2},
    }
    province = one(
        tmp_path, entry("94", settings={"pack": "packs/st", "readers": 1}), common=common
    )
    settings = settings_of(province)
    assert (settings.var, settings.pack) == (tmp_path / "var" / "94", tmp_path / "packs" / "st")
    assert (settings.archive_url, settings.readers) == ("s3://mtqg/94", 1)
    assert settings.warehouse_url == f"sqlite:///{tmp_path}/var/94/warehouse.sqlite"
    assert (province.pool, settings.province) == ("south", f"{tmp_path}/provinces.yaml#94")


def test_a_secret_comes_from_the_province_s_own_file_and_never_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_SECRET_WAREHOUSE", "postgresql://another-province")
    common = {
        "env_files": ["{code}.env"],
        "settings": {
            "warehouse_url": {"setting": "MTQG_SECRET_WAREHOUSE"},
            "smtp_url": {"block": "smtp"},
        },
    }
    file = written(tmp_path, entry("94"), entry("95"), common=common)
    (tmp_path / "94.env").write_text("MTQG_SECRET_WAREHOUSE=postgresql://u:hush@db/p94\n")
    (tmp_path / "95.env").write_text("MTQG_PORTAL_TOKEN=token\n")
    first, second = load_provinces(file)
    assert settings_of(first).warehouse_url == "postgresql://u:hush@db/p94"
    assert settings_of(first).smtp_url.get_secret_value() == "prefect:secret/smtp"
    with pytest.raises(ConfigurationError, match="MTQG_SECRET_WAREHOUSE is not set"):
        settings_of(second)


def test_a_run_reads_its_province_and_neither_environment_nor_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MTQG_READERS=7\nMTQG_NO_SUCH=1\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    file = written(tmp_path, entry("94", settings={"var": "v"}))
    monkeypatch.setenv("MTQG_PROVINCE", f"{file}#94")
    assert (load_settings().var, load_settings().readers) == (tmp_path / "v", 0)
    assert load_settings(var=tmp_path / "other").var == tmp_path / "other"
    monkeypatch.setenv("MTQG_SMTP_URL", "smtp://shared")
    with pytest.raises(ConfigurationError, match="MTQG_PROVINCE is set, so MTQG_SMTP_URL of the"):
        load_settings()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"warehouse_url": "postgresql://u:hush@db/p"}, "warehouse_url holds a password"),
        ({"smtp_url": "smtps://u:hush@mail"}, "smtp_url holds a password"),
        ({"portal_token": "hush"}, "portal_token is a secret"),
        ({"alarm_channels": "tgram://hush/1"}, "alarm_channels is a secret"),
        ({"warehouse_url": {"block": "hush"}}, "only smtp_url can be a block"),
    ],
)
def test_a_password_in_the_file_is_refused_without_showing_it(
    settings: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        load_provinces(written(tmp_path, entry("94", settings=settings)))
    assert "hush" not in str(refused.value)


def test_every_setting_that_is_secret_is_refused_as_plain_text_or_searched_for_a_password() -> None:
    secret = {
        name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    assert secret <= {*_URL_SETTINGS, *SECRET_SETTINGS}


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the code 94 stands twice"):
        load_provinces(written(tmp_path, entry("94"), entry("94")))
    with pytest.raises(ConfigurationError, match="unknown setting MTQG_ARCHIV_URL"):
        settings_of(one(tmp_path, entry("94", settings={"archiv_url": "x"})))
    with pytest.raises(ConfigurationError, match="96.env: the file is missing"):
        settings_of(one(tmp_path, entry("96", env_files=["96.env"])))
    file = written(tmp_path, entry("94"))
    with pytest.raises(ConfigurationError, match="no province '49'; it has 94"):
        province_at(f"{file}#49")
    with pytest.raises(ConfigurationError, match="expected FILE#CODE"):
        province_at(str(file))


def test_runs_fill_the_window_evenly_in_the_order_of_the_file_and_by_pool(tmp_path: Path) -> None:
    entries = [entry(str(number)) for number in range(4)]
    entries.append(entry("9", pool="elsewhere"))
    provinces = load_provinces(written(tmp_path, *entries))
    assert [provinces.share(each) for each in provinces] == [0, 0.25, 0.5, 0.75, 0]
    window = StartWindow(first="23:00", last="03:00")
    crons = [window.cron(provinces.share(each)) for each in provinces]
    assert crons[:4] == ["0 23 * * *", "0 0 * * *", "0 1 * * *", "0 2 * * *"]


@pytest.mark.parametrize(
    ("cron", "share", "moved"),
    [
        ("*/20 7-16 * * *", 0, "0,20,40 7-16 * * *"),
        ("*/20 7-16 * * *", 0.99, "19,39,59 7-16 * * *"),
        ("5 7 * * *", 0.5, "32 7 * * *"),
    ],
)
def test_other_runs_are_spread_within_their_hour(cron: str, share: float, moved: str) -> None:
    assert shifted(cron, share) == moved


def test_the_example_is_valid_and_has_settings_of_both_provinces(tmp_path: Path) -> None:
    file = tmp_path / "provinces.yaml"
    file.write_bytes((ROOT / "config" / "provinces.example.yaml").read_bytes())
    (tmp_path / "secrets").mkdir()
    for code in ("94", "95"):
        lines = f"MTQG_SECRET_WAREHOUSE=postgresql://db/{code}\nMTQG_SECRET_S3_KEY=key-{code}\n"
        (tmp_path / "secrets" / f"{code}.env").write_text(lines)
    provinces = load_provinces(file)
    settings = {each.code: settings_of(each) for each in provinces}
    assert {each.warehouse_url for each in settings.values()} == {
        "postgresql://db/94",
        "postgresql://db/95",
    }
    key = settings["94"].archive_options["key"]
    assert settings["94"].secret(key) == "key-94"
    assert [each.pool for each in provinces] == ["nightly", "south"]
