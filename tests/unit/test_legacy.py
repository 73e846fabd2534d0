"""Texts of before Unicode: what is converted comes back exactly, and nothing that is Unicode is ever touched."""

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.reader.legacy.encodings import (
    CodePage,
    Corner,
    Encoding,
    convert,
    decode,
    encoding_of_font,
)
from connectors.reader.legacy.syllables import is_syllable, is_vietnamese
from connectors.reader.open.fonts import font_styles
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from tests.workbooks import facts, in_old_font, met, old_tcvn3, old_vni, read, report, workbook

PACKS = [load_pack(ROOT / "config" / name) for name in ("soc-trang", "example-province")]
OLD = {Encoding.TCVN3: old_tcvn3, Encoding.VNI: old_vni}
SIGNS = set("«»·§×÷²")  # where TCVN3 has letters, or none that a spelling could vouch for
EACH_ENCODING = pytest.mark.parametrize("encoding", Encoding)


@cache
def texts() -> tuple[str, ...]:
    """Every label, alias, word of a vocabulary and name of a unit that the packs have, and every text of their YAML."""
    found = {unit.name for pack in PACKS for unit in pack.units}
    for pack in PACKS:
        for form in pack.forms:
            labels = [*form.identity.unit.writings, *form.identity.period.writings, form.title]
            for table in form.tables:
                for column in table.columns:
                    labels += [
                        *column.writings,
                        *(w for label in column.vocabulary.values() for w in label.writings),
                    ]
                labels += [w for line in table.lines for w in line.writings]
            found |= set(labels)
    for path in (ROOT / "config").rglob("*.yaml"):
        found |= set(strings(yaml.safe_load(path.read_text(encoding="utf-8"))))
    composed = {unicodedata.normalize("NFC", text) for text in found}
    return tuple(sorted(text for text in composed if not SIGNS & set(text)))


def strings(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in strings(value)]
    if isinstance(node, list):
        return [text for value in node for text in strings(value)]
    return [node] if isinstance(node, str) else []


def words() -> list[str]:
    return sorted(
        {
            word
            for text in texts()
            for word in text.split()
            if is_vietnamese(word) and not word.isascii()
        }
    )


def page_of(cells: Sequence[str], fonts: Mapping[Corner, Encoding] | None = None) -> CodePage:
    """A sheet of one column."""
    return CodePage([[cell] for cell in cells], cells, fonts or {})


def converted(*cells: str, **fonts: Encoding) -> list[str]:
    """The cells of one column after conversion.

    Fonts by row: converted("a", "b", r1=Encoding.VNI).
    """
    page = page_of(cells, {(int(row[1:]), 0): font for row, font in fonts.items()})
    (found,) = convert([page])
    return [found.cells.get((row, 0), cell) if found else cell for row, cell in enumerate(cells)]


def same_but_for_capitals(one: str, other: str) -> bool:
    return one.lower() == other.lower()


# --- one text
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "stored", "seen"),
    [
        (Encoding.TCVN3, "hép møt tÕt", "hộp mứt tết"),
        (
            Encoding.TCVN3,
            "Céng hßa x· héi chñ nghÜa ViÖt Nam",
            "Cộng hòa xã hội chủ nghĩa Việt Nam",
        ),
        (Encoding.TCVN3, "DiÖn tÝch (m²) 37°C", "Diện tích (m²) 37°C"),
        (
            Encoding.VNI,
            "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam",
            "Cộng hòa xã hội chủ nghĩa Việt Nam",
        ),
        (Encoding.VNI, "ÑOÄC LAÄP - TÖÏ DO - HAÏNH PHUÙC", "ĐỘC LẬP - TỰ DO - HẠNH PHÚC"),
        (
            Encoding.VNI,
            "Ñoäc laäp, kyù teân, nguyeãn thò Mỹ".replace("ỹ", "yõ"),
            "Độc lập, ký tên, nguyễn thị Mỹ",
        ),
    ],
)
def test_a_stored_text_is_what_its_font_shows(encoding: Encoding, stored: str, seen: str) -> None:
    assert decode(stored, encoding) == seen


@pytest.mark.parametrize(
    ("encoding", "text"), [(Encoding.TCVN3, "à la"), (Encoding.VNI, "ça"), (Encoding.VNI, "Tệp")]
)
def test_what_an_encoding_cannot_hold_is_not_read_in_it(encoding: Encoding, text: str) -> None:
    assert decode(text, encoding) is None


@EACH_ENCODING
def test_every_label_and_name_comes_back_from_its_encoding(encoding: Encoding) -> None:
    for text in texts():
        stored = OLD[encoding](text)
        assert same_but_for_capitals(decode(stored, encoding) or "", text), text
        if encoding is Encoding.VNI or text == text.lower():
            assert decode(stored, encoding) == text


@pytest.mark.parametrize(
    ("font", "encoding"),
    [
        (".VnTime", Encoding.TCVN3),
        (".VnArialH", Encoding.TCVN3),
        (".vntime", Encoding.TCVN3),
        ("VNI-Times", Encoding.VNI),
        ("Times New Roman", None),
        ("Vni", None),
    ],
)
def test_a_font_says_its_encoding_by_name(font: str, encoding: Encoding | None) -> None:
    assert encoding_of_font(font) is encoding


# --- spelling
# ---------------------------------------------------------------------------------------------------------


def test_the_packs_words_are_spelt_as_vietnamese_is() -> None:
    # Of notes and of numbers of documents, in no workbook.
    abbreviations = {"BCĐUBND", "NSĐP", "NĐ", "QĐ", "SHCĐ", "TMĐT", "ĐP", "ĐTPT"}
    assert {
        text
        for text in texts()
        if not is_vietnamese(text) and not abbreviations & set(re.findall(r"\w+", text))
    } == set()


@pytest.mark.parametrize(
    "word",
    [
        "quốc",
        "nghiêng",
        "gì",
        "giếng",
        "khuỷu",
        "ngoằn",
        "đắk",
        "hoà",
        "hòa",
        "yến",
        "quỳnh",
        "ươm",
        "thuở",
    ],
)
def test_a_syllable_is_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word", ["kà", "ngề", "hộpp", "lôùp", "cấpc", "tètp", "møt", "tàc", "ghà", "qố"]
)
def test_no_syllable_is_reported(word: str) -> None:
    assert not is_syllable(word)


# --- a sheet
# ----------------------------------------------------------------------------------------------------------


@EACH_ENCODING
def test_a_sheet_of_labels_and_names_comes_back_by_its_letters_alone(encoding: Encoding) -> None:
    stored = [OLD[encoding](text) for text in texts()]
    found = converted(*stored)
    assert [
        (f, t) for f, t in zip(found, texts(), strict=True) if not same_but_for_capitals(f, t)
    ] == []


@EACH_ENCODING
def test_each_label_and_name_comes_back_by_its_font(encoding: Encoding) -> None:
    wrong = [
        t
        for t in texts()
        if not same_but_for_capitals(converted(OLD[encoding](t), r0=encoding)[0], t)
    ]
    assert wrong == []


def test_a_text_with_two_readings_follows_the_rest_of_its_sheet() -> None:
    two_readings = "Sè líp"  # a Vietnamese could be called so
    assert is_vietnamese(two_readings)
    assert converted(two_readings) == [two_readings]
    assert converted(two_readings, "Sè ng­êi tham dù", "CÊp huyÖn") == [
        "Số lớp",
        "Số người tham dự",
        "Cấp huyện",
    ]
    assert converted(two_readings, "Sè ng­êi tham dù", "Huyện Mỹ Tú, thị trấn Huỳnh Hữu Nghĩa") == [
        two_readings,
        "Số người tham dự",
        "Huyện Mỹ Tú, thị trấn Huỳnh Hữu Nghĩa",
    ]


def test_a_sheet_with_few_words_follows_the_others_and_one_in_unicode_does_not() -> None:
    old, little, unicode = "Sè ng­êi tham dù, cÊp huyÖn", "CÊp huyÖn", "Huyện Mỹ Tú"
    first, second, third = convert(
        [page_of([old]), page_of([little, "Sè líp"]), page_of([unicode, "Sè líp"])]
    )
    assert first is not None
    assert second is not None
    assert list(second.cells.values()) == ["Cấp huyện", "Số lớp"]
    assert third is None


def test_a_font_on_a_text_that_was_typed_in_unicode_changes_nothing() -> None:
    assert converted("Huyện Mỹ Tú", "Phú Tân", r0=Encoding.TCVN3, r1=Encoding.TCVN3) == [
        "Huyện Mỹ Tú",
        "Phú Tân",
    ]


def test_other_languages_and_signs_are_left_alone() -> None:
    cells = [
        "5 µm",
        "37°C ± 2",
        "«Müller» © Köln",
        "São Paulo, señor",
        "naïve café",
        "m²",
        "Ångström",
    ]
    assert converted(*cells) == cells


@pytest.mark.slow
@settings(max_examples=300)
@given(st.data())
def test_vietnamese_words_in_unicode_survive_unchanged(data: st.DataObject) -> None:
    text = st.lists(st.sampled_from(words()), min_size=1, max_size=6).map(" ".join)
    cells = data.draw(st.lists(text, min_size=1, max_size=8))
    form = data.draw(st.sampled_from(["NFC", "NFD"]))
    shape = data.draw(st.sampled_from([str, str.upper, str.title]))
    cells = [unicodedata.normalize(form, shape(cell)) for cell in cells]
    assert converted(*cells) == cells


@settings(max_examples=200)
@given(st.lists(st.text(max_size=12), max_size=6), st.sampled_from([None, *Encoding]))
def test_any_text_at_all_is_converted_or_left(cells: list[str], font: Encoding | None) -> None:
    fonts = {f"r{row}": font for row in range(len(cells))} if font else {}
    assert all(isinstance(text, str) for text in converted(*cells, **fonts))


# --- a workbook
# -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letters_only", [False, True], ids=["by its fonts", "by its letters"])
@pytest.mark.parametrize("font", [".VnTime", ".VnArialH", "VNI-Times"])
def test_a_report_in_an_old_font_has_the_same_facts(
    pack: Pack, font: str, letters_only: bool
) -> None:
    reading = read(in_old_font(report(), font, letters_only=letters_only), pack, sender="942")
    expected, found = facts(read(report(), pack)), facts(reading)
    assert found == expected or {(*f[:-1], str(f[-1]).lower()) for f in found} == {
        (*f[:-1], str(f[-1]).lower()) for f in expected
    }
    assert found == expected or font.endswith("H")
    assert met(reading) == [("FILE-07", None), ("FILE-07", None)]
    encoding = "VNI" if font.startswith("VNI") else "TCVN3 (ABC)"
    assert [
        (p.sheet, p.values["encoding"], p.values["cells"])
        for p in reading.problems
        if p.rule == "FILE-07"
    ] == [
        ("Tổng hợp", encoding, "27"),
        ("Danh sách lớp", encoding, "22"),
    ]


def test_an_ordinary_report_has_no_note(pack: Pack) -> None:
    assert met(read(report(), pack)) == []


def test_a_finding_quotes_a_converted_cell_as_its_sender_sees_it(pack: Pack) -> None:
    book = openpyxl.load_workbook(io.BytesIO(report()))
    book["Tổng hợp"]["B9"] = "ba lớp học"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(in_old_font(buffer.getvalue(), "VNI-Times"), pack)
    assert [(p.cell, p.value) for p in reading.problems if p.rule == "CELL-07"] == [
        ("B9", "ba lớp học")
    ]


def test_styles_of_old_fonts_are_found_with_and_without_prefixes() -> None:
    styles = (
        b'<x:styleSheet><x:fonts><x:font><x:name val="Arial"/></x:font><x:font/>'
        b"<x:font><x:b/><x:name val='.VnTime'/></x:font></x:fonts><x:cellStyleXfs><x:xf fontId=\"2\"/></x:cellStyleXfs>"
        b'<x:cellXfs><x:xf fontId="2"/><x:xf fontId="1"/><x:xf fontId="9"/><x:xf/><x:xf fontId="2"></x:xf></x:cellXfs>'
        b'<x:dxfs><x:dxf><x:font><x:name val="VNI-Times"/></x:font></x:dxf></x:dxfs></x:styleSheet>'
    )
    assert font_styles(styles).old == {0: Encoding.TCVN3, 4: Encoding.TCVN3}
    assert font_styles(styles.replace(b"x:", b"")).old == {0: Encoding.TCVN3, 4: Encoding.TCVN3}
    assert font_styles(styles.replace(b".VnTime", b"Calibri").replace(b"VNI-", b"")).old == {}


def test_a_cell_without_a_style_is_in_the_workbook_s_own_font(pack: Pack) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(("S", [[old_tcvn3("Số lớp")]]))))
    book._fonts[0].name = ".VnTime"
    buffer = io.BytesIO()
    book.save(buffer)
    problems = read(buffer.getvalue(), pack).problems
    assert [p.rule for p in problems] == ["FILE-07", "FORM-01"]
    assert problems[0].values["example"] == "Sè líp"
