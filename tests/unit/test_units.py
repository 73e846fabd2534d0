"""Finding a reporting unit by what people write, on the day that it is about."""

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from program.errors import ConfigurationError
from program.pack import Pack
from program.units import UnitKind, UnitRegister

DAY = date(2024, 12, 31)
OFFICIAL = {
    "94": "Tỉnh Sóc Trăng",
    "941": "Thành phố Sóc Trăng",
    "942": "Huyện Châu Thành",
    "943": "Huyện Kế Sách",
    "944": "Huyện Mỹ Tú",
    "945": "Huyện Cù Lao Dung",
    "946": "Huyện Long Phú",
    "947": "Huyện Mỹ Xuyên",
    "948": "Thị xã Ngã Năm",
    "949": "Huyện Thạnh Trị",
    "950": "Thị xã Vĩnh Châu",
    "951": "Huyện Trần Đề",
}
HEADER = "code,name,kind,parent,valid_from,valid_to,source\n"


def codes(pack: Pack, text: str, day: date = DAY) -> list[str]:
    return [unit.code for unit in pack.units.named(text, day)]


@pytest.mark.parametrize(("code", "name"), OFFICIAL.items())
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_every_official_name_finds_its_unit_alone(pack: Pack, code: str, name: str, form: str, case: type[str]) -> None:
    assert codes(pack, unicodedata.normalize(form, case(name))) == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TX. Vĩnh Châu", "950"),
        ("TX.Vĩnh Châu", "950"),
        ("T.X Vĩnh Châu", "950"),
        ("tx vĩnh châu", "950"),
        ("Vinh Chau", "950"),
        ("thi xa vinh chau", "950"),
        ("h. mỹ xuyên", "947"),
        ("H.Mỹ Xuyên", "947"),
        ("Mỹ Xuyên", "947"),
        ("  Huyện   Mỹ\u00a0Xuyên ", "947"),
        ("TP. Sóc Trăng", "941"),
        ("Tp.Sóc Trăng", "941"),
        ("T.P. Sóc Trăng", "941"),
        ("thành phố sóc trăng", "941"),
        ("tỉnh Sóc Trăng", "94"),
        ("UBND huyện Kế Sách", "943"),
        ("Ủy ban nhân dân huyện Kế Sách", "943"),
        ("Uỷ ban nhân dân H. Kế Sách", "943"),
        ("Phòng Dân tộc huyện Trần Ðề", "951"),
        ("Phòng Dân tộc và Tôn giáo thị xã Ngã Năm", "948"),
        ("Ban Dân tộc tỉnh Sóc Trăng", "94"),
        ("Huyện Châu Thành, tỉnh Sóc Trăng", "942"),
        ("Châu Thành - Sóc Trăng", "942"),
        ("TP. Sóc Trăng, tỉnh Sóc Trăng", "941"),
    ],
)
def test_everyday_writings_find_the_unit(pack: Pack, text: str, code: str) -> None:
    assert codes(pack, text) == [code]


def test_soc_trang_alone_is_the_province_and_the_city(pack: Pack) -> None:
    assert codes(pack, "Sóc Trăng") == ["94", "941"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Huyện",
        "huyện Vĩnh Châu",
        "thị trấn Châu Thành",
        "Huyện Châu Thành, tỉnh Bến Tre",
        "Châu Thành 2",
        "Châu",
        "Huyện Vĩnh Thạnh",
        "942",
    ],
)
def test_another_type_another_province_or_half_a_name_finds_nothing(pack: Pack, text: str) -> None:
    assert codes(pack, text) == []


def test_a_unit_is_found_until_its_last_day_and_not_after(pack: Pack) -> None:
    last = date(2025, 6, 30)
    assert codes(pack, "Huyện Mỹ Tú", last) == ["944"]
    assert codes(pack, "Huyện Mỹ Tú", date(2025, 7, 1)) == []
    assert pack.units.get("944", last) is not None
    assert pack.units.get("944", date(2025, 7, 1)) is None
    assert pack.units.latest("944") is not None


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "units.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_code_that_was_used_again_finds_the_bearer_of_the_day(tmp_path: Path) -> None:
    path = written(tmp_path, "31522,Phường 9,commune,941,,2024-12-31,S70", "31522,Phường 1,commune,941,2025-01-01,,S70")
    units = UnitRegister.read(path)
    assert [units.get("31522", day).name for day in (date(2024, 12, 31), date(2025, 1, 1))] == ["Phường 9", "Phường 1"]  # type: ignore[union-attr]
    assert units.latest("31522").name == "Phường 1"  # type: ignore[union-attr]
    assert units.latest("1") is None


def test_a_file_saved_by_excel_is_read_with_its_mark_and_quoted_commas(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(HEADER + '94,Tỉnh Sóc Trăng,province,,,2025-06-30,"C, S56"\n\n', encoding="utf-8-sig")
    (unit,) = UnitRegister.read(path)
    assert (unit.kind, unit.valid_to, unit.source) == (UnitKind.PROVINCE, date(2025, 6, 30), "C, S56")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("94,Tỉnh,land,,,,S", "units.csv:3: kind: expected one of province, district, commune, found 'land'"),
        (
            "94,Tỉnh,province,,1/1/2025,,S",
            "units.csv:3: valid_from: expected a day such as 2025-06-30, or nothing, found '1/1/2025'",
        ),
        ("94,Tỉnh,province,,,2025-06-31,S", "units.csv:3: valid_to: expected a day"),
        ("94,Tỉnh,province,,2025-07-01,2025-06-30,S", "units.csv:3: valid_to: expected a day from 2025-07-01 on"),
        (",Tỉnh,province,,,,S", "units.csv:3: code: expected a code, found ''"),
        ("94,,province,,,,S", "units.csv:3: name: expected a name, found ''"),
        ("94,Tỉnh,province,,,,", "units.csv:3: source: expected where the row comes from"),
        ("94,Tỉnh,province,,,", "units.csv:3: expected 7 columns, found 6"),
        ("94,Tỉnh,province,,,,C, S56", "units.csv:3: expected 7 columns, found 8; quote a text that has a comma"),
        ("1,Huyện B,district,,,,S", "units.csv: code: 1 stands for Huyện A and Huyện B on the same day"),
    ],
)
def test_a_bad_line_is_refused_by_file_line_and_column(tmp_path: Path, line: str, complaint: str) -> None:
    path = written(tmp_path, "1,Huyện A,district,,,,S", line)
    with pytest.raises(ConfigurationError) as refusal:
        UnitRegister.read(path)
    assert complaint in str(refusal.value)


def test_a_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="units.csv:1: expected the columns code,name,kind,.*; found code,name"):
        UnitRegister.read(written(tmp_path, header="code,name\n"))
    with pytest.raises(ConfigurationError, match="missing.csv: the file is missing"):
        UnitRegister.read(tmp_path / "missing.csv")
    (tmp_path / "units.csv").write_bytes(HEADER.encode() + "94,Tỉnh Sóc Trăng".encode("utf-16"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        UnitRegister.read(tmp_path / "units.csv")
