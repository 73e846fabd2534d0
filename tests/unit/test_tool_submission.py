"""Submissions of form tools: the same facts as a workbook, and the path of a field in place of a cell."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.reader.reader import read_parts
from connectors.sources.tools.questions import kobo_questions, misfits
from program.delivery import Delivery
from program.errors import ConfigurationError
from program.finding import Finding, Severity
from program.limits import DEFAULT_LIMITS
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.parsed_report import ParsedReport, facts_of
from program.settings import ROOT
from program.tools.field_places import fact_in_fields, finding_in_fields
from tests.form_tools import (
    ASSET,
    FORM,
    kobo_submission,
    kobo_survey,
    nested_answers,
    odk_submission,
)
from tests.workbooks import class_list, facts, figures, met, read, summary, workbook

SAMPLE = ROOT / "examples" / "form_tools" / "training.yaml"
SOURCES = f"""
  - {{name: phieu-kobo, kind: kobo, asset: {ASSET}, token: {{setting: MTQG_SECRET_KOBO}}, tool_form: training}}
  - {{name: phieu-odk, kind: odk, project: 7, form: {FORM}, account: a@b.example, password: {{setting: MTQG_SECRET_ODK}}, tool_form: training}}
"""
RECEIVED = datetime(2025, 1, 20, tzinfo=UTC)
Change = Callable[[dict[str, Any]], object]


def with_tools(folder: Path, change: Change = lambda mapping: None) -> Path:
    """Put the sample mapping, changed, and its two sources into a pack."""
    mapping = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    change(mapping)
    (folder / "tool_forms").mkdir()
    text = yaml.safe_dump(mapping, allow_unicode=True)
    (folder / "tool_forms" / "training.yaml").write_text(text, encoding="utf-8")
    with (folder / "sources.yaml").open("a", encoding="utf-8") as sources:
        sources.write(SOURCES)
    return folder


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("tools") / "pack"
    shutil.copytree(ROOT / "config" / "soc-trang", folder)
    return load_pack(with_tools(folder))


def submitted(submission: dict[str, Any], pack: Pack, source: str = "phieu-kobo") -> ParsedReport:
    content = json.dumps(submission, ensure_ascii=False).encode()
    delivery = Delivery(1, source, "kobo", "1.json", RECEIVED, "0" * 64)
    (reading,) = read_parts(content, delivery, pack, DEFAULT_LIMITS)
    return reading


def without_places(found: set) -> set:
    rows = sorted({line for _, line, *_ in found})
    return {(element, rows.index(line), value, text) for element, line, _, value, text in found}


def paths(reading: ParsedReport) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fact in facts_of(reading):
        shown = fact_in_fields(fact, reading.fields)
        assert shown.cell == ""
        found.setdefault(fact.element, []).append(shown.sheet)
    return found


def test_a_submission_of_either_tool_gives_the_facts_of_the_same_workbook(tools: Pack) -> None:
    content = workbook(("Tổng hợp", summary()), ("Danh sách lớp", class_list()))
    as_workbook = read(content, tools, sender="942")
    for source, made in (("phieu-kobo", kobo_submission), ("phieu-odk", odk_submission)):
        reading = submitted(made(1), tools, source)
        assert met(reading) == []
        assert (reading.unit_code, str(reading.period)) == ("942", "2024-Q4")
        assert without_places(facts(reading)) == without_places(facts(as_workbook))
        assert len(facts(reading)) > 40


def test_each_fact_names_its_field_as_a_path(tools: Pack) -> None:
    for source, made in (("phieu-kobo", kobo_submission), ("phieu-odk", odk_submission)):
        found = paths(submitted(made(1), tools, source))
        assert found["participants_total"] == ["/tong_hop/tong/so_nguoi"]
        assert found["class_participants"] == ["/ds_lop[1]/so_nguoi", "/ds_lop[2]/so_nguoi"]
        # A sum over the entries is about the field of all of them.
        assert found["participants_listed"] == ["/ds_lop/so_nguoi"]


def test_a_decimal_of_a_tool_is_no_thousand(tools: Pack) -> None:
    answers = nested_answers()
    answers["tong_hop"]["tong"]["kp_thuc_hien"] = 1.234
    for source, made in (("phieu-kobo", kobo_submission), ("phieu-odk", odk_submission)):
        reading = submitted(made(1, answers), tools, source)
        assert figures(reading)["budget_spent_vnd_total"] == 1_234_000


@pytest.mark.parametrize("made", [kobo_submission, odk_submission])
def test_a_field_that_nobody_maps_is_a_finding_and_the_rest_is_read(
    tools: Pack, made: Callable[..., dict[str, Any]]
) -> None:
    answers = nested_answers() | {"cau_hoi_moi": "5", "ghi_chu": "xin chào"}
    answers["ds_lop"] = [{**entry, "so_xe": 2} for entry in answers["ds_lop"]]
    source = "phieu-kobo" if made is kobo_submission else "phieu-odk"
    reading = submitted(made(1, answers), tools, source)
    found = {(problem.rule, problem.sheet) for problem in reading.problems}
    assert found == {("FORM-52", "/cau_hoi_moi"), ("FORM-52", "/ds_lop/so_xe")}
    assert figures(reading)["participants_total"] == 150


def test_a_question_that_was_not_answered_is_an_empty_cell_at_its_field(tools: Pack) -> None:
    answers = nested_answers()
    del answers["tong_hop"]["xa"]["so_nguoi"]
    reading = submitted(kobo_submission(1, answers), tools)
    assert "participants_commune" not in figures(reading)
    (row,) = [
        row
        for row, line in zip(
            reading.tables["levels"].rows, reading.tables["levels"].lines, strict=True
        )
        if line == "commune"
    ]
    cell = reading.tables["levels"].cell("participants", row)
    assert reading.name_of("Tổng hợp", cell) == "/tong_hop/xa/so_nguoi"


def test_no_entries_no_answers_and_a_wrong_period_are_reported_as_in_a_workbook(
    tools: Pack,
) -> None:
    answers = nested_answers() | {"ds_lop": []}
    reading = submitted(kobo_submission(1, answers), tools)
    assert reading.tables["class_list"].rows == []
    assert figures(reading)["participants_total"] == 150
    nothing = submitted(kobo_submission(1, {"don_vi": "942"}), tools)
    assert {"FORM-05", "FORM-30"} & {problem.rule for problem in nothing.problems}
    other = submitted(kobo_submission(1, nested_answers(unit="999999")), tools)
    (problem,) = [problem for problem in other.problems if problem.rule == "FORM-03"]
    assert other.unit_code is None
    assert other.name_of(problem.sheet, problem.cell) == "/don_vi"


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"[1]", "FILE-02"), (b"<html>", "FILE-03"), (b'{"a": NaN}', "FILE-03"), (b"\xff", "FILE-03")],
)
def test_bytes_that_are_no_submission_are_called_what_they_are(
    tools: Pack, content: bytes, rule: str
) -> None:
    delivery = Delivery(1, "phieu-kobo", "kobo", "1.json", RECEIVED, "0" * 64)
    (reading,) = read_parts(content, delivery, tools, DEFAULT_LIMITS)
    assert [problem.rule for problem in reading.problems] == [rule]


def test_more_cells_than_a_sheet_may_have_are_refused(tools: Pack) -> None:
    content = json.dumps(kobo_submission(1)).encode()
    delivery = Delivery(1, "phieu-kobo", "kobo", "1.json", RECEIVED, "0" * 64)
    (reading,) = read_parts(content, delivery, tools, replace(DEFAULT_LIMITS, sheet_cells=10))
    assert [problem.rule for problem in reading.problems] == ["FILE-05"]


def test_a_finding_of_a_range_names_the_field_of_all_entries(tools: Pack) -> None:
    reading = submitted(kobo_submission(1), tools)
    finding = Finding("X-01", Severity.WARNING, "", "", sheet="Danh sách lớp", cell="G2:G3")
    shown = finding_in_fields(finding, reading.fields)
    assert (shown.sheet, shown.cell) == ("/ds_lop/so_nguoi", "")
    matrix = finding_in_fields(replace(finding, sheet="Tổng hợp", cell="C2:C4"), reading.fields)
    assert matrix.sheet == "/tong_hop/huyen/so_nguoi … /tong_hop/tong/so_nguoi"
    # What only our own sheets have is not shown.
    unseen = finding_in_fields(replace(finding, cell="ZZ99"), reading.fields)
    assert (unseen.sheet, unseen.cell) == ("Danh sách lớp", None)


def test_a_correction_names_a_field(tools: Pack) -> None:
    from expectations.findings.waivers import Waivers

    reading = submitted(kobo_submission(1), tools)
    finding = Finding("TRN-01", Severity.CRITICAL, "", "", sheet="Tổng hợp", cell="C4", value="150")
    correction = WaiverEntry.model_validate(
        {
            "rule": "TRN-01",
            "form": "training",
            "unit": "942",
            "period": "2024-Q4",
            "sheet": "/tong_hop/tong/so_nguoi",
            "cell": None,
            "value": "150",
            "until": None,
            "reason": "Đã xác minh với huyện",
            "by": "Phòng A",
            "decided_on": "2025-01-21",
        }
    )
    (applied,) = Waivers([correction]).apply([finding], reading)
    assert applied.waived_by
    assert (applied.sheet, applied.cell) == ("Tổng hợp", "C4")


def _column(mapping: dict[str, Any], table: str) -> dict[str, Any]:
    return mapping["tables"][table]["columns"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m.update(form="trainin"), "form: unknown form trainin; the pack has"),
        (
            lambda m: _column(m, "levels").update(clases=_column(m, "levels").pop("classes")),
            "the table has no column clases; did you mean classes?",
        ),
        (
            lambda m: _column(m, "levels").pop("classes"),
            "the required column classes is not mapped",
        ),
        (lambda m: m["tables"].pop("class_list"), "the table class_list is not mapped"),
        (lambda m: m["tables"].update(levls=m["tables"]["levels"]), "has no table levls"),
        (
            lambda m: m["tables"]["levels"]["lines"].update(provinc="t"),
            "the table has no line provinc; did you mean province?",
        ),
        (lambda m: m.update(period="ky"), "expected paths in braces"),
        (lambda m: m.update(unit="/don_vi"), "without a slash at its beginning"),
        (
            lambda m: _column(m, "levels").update(classes="tong_hop/so_lop"),
            "with lines, each path has {line}",
        ),
        (
            lambda m: _column(m, "levels").update(women="tong_hop/{line}/so_nguoi"),
            "the field tong_hop/huyen/so_nguoi is mapped twice",
        ),
        (lambda m: m.update(stage={"field": "x"}), "form training has one stage only"),
        (lambda m: m["tables"]["class_list"].pop("repeat"), "expected either repeat or lines"),
        (lambda m: m["tables"]["levels"].pop("lines"), "expected either repeat or lines"),
    ],
)
def test_a_wrong_mapping_is_an_error_with_its_file_and_key(
    own_pack: Path, change: Change, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        load_pack(with_tools(own_pack, change))
    assert "tool_forms/training.yaml:" in str(wrong.value)
    assert sentence in str(wrong.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("tool_form: training", "tool_form: trening", "no file tool_forms/trening.yaml"),
        ("tool_form: training", "tool_form: training, senders: {a: '1'}", "a: unknown unit 1"),
        ("{setting: MTQG_SECRET_KOBO}", "0123456789abcdef", "token: .*expected"),
    ],
)
def test_a_source_that_names_what_the_pack_does_not_have_is_an_error(
    own_pack: Path, old: str, new: str, sentence: str
) -> None:
    sources = with_tools(own_pack) / "sources.yaml"
    sources.write_text(sources.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=sentence) as wrong:
        load_pack(own_pack)
    # Whoever writes the token itself must not find it in a log.
    assert "0123456789abcdef" not in str(wrong.value)


def test_a_mapping_is_compared_with_the_questions_of_the_tool(tools: Pack) -> None:
    tool_form = tools.tool_forms["training"]
    forms = [form for form in tools.forms if form.code == "training"]

    def against(survey: list[dict[str, Any]]) -> list[str]:
        questions = kobo_questions({"content": {"survey": survey}}, "asset")
        return list(misfits(tool_form, forms, questions))

    assert against(kobo_survey()) == []
    renamed = [
        {**row, "name": "so_hoc_vien"} if row.get("name") == "so_nguoi" else row
        for row in kobo_survey()
    ]
    assert len(against(renamed)) == 5
    assert any("no question tong_hop/tinh/so_nguoi" in line for line in against(renamed))
    texts = [{**row, "type": "text"} if row["type"] == "integer" else row for row in kobo_survey()]
    (sentence,) = against(texts)
    assert sentence.startswith("ds_lop/so_nguoi is a question of type text")
