"""What a pack leaves open, and that nothing else is called a gap."""

from dataclasses import replace
from datetime import date
from typing import Any

from program.calendar.schedule import Duty
from program.pack.catalogue import Amount, CapitalSource, Indicator, Project, Tag, Target
from program.pack.completeness import PackGap, pack_gaps
from program.pack.contact import Contact
from program.pack.pack import Pack
from program.units.register import UnitRegister
from program.units.unit import UnitKind

PLAIN: dict[str, Any] = {"tag": "C", "source": "S1"}
DUTY: dict[str, Any] = {
    "form": "training",
    "from_kind": "district",
    "every": "quarter",
    "first": date(2024, 1, 1),
    "source": "S14",
}
TARGET = Target(scope="national", period="2025", value=99, comparison="at_least", **PLAIN)
AMOUNT = Amount(scope="national", first_year=2021, last_year=2025, vnd=1e9, **PLAIN)


def project(code: str, parent: str | None = None, tag: str = "C") -> Project:
    return Project(code=code, name=code, parent=parent, tag=Tag(tag), source="S2")


def indicator(code: str = "I", **changes: Any) -> Indicator:
    known = {
        "baseline": {"scope": "province", "period": "2022", "value": 1, **PLAIN},
        "form": "training",
        "numerator": "classes_total",
        "frequency": "year",
        "project": "P",
        "targets": [TARGET],
        **PLAIN,
    }
    return Indicator.model_validate(
        {"code": code, "name": code, "unit": "lớp", "direction": "up", "kind": "count"}
        | known
        | changes
    )


def duty(**changes: Any) -> Duty:
    return Duty.model_validate(DUTY | {"due": {"days_after": 15, "source": "S14"}} | changes)


def stream(**changes: Any) -> CapitalSource:
    return CapitalSource.model_validate(
        {"code": "central", "name": "TW", "amounts": [AMOUNT], **PLAIN} | changes
    )


def whole(pack: Pack, **changes: Any) -> Pack:
    """A pack without a gap: one form, one duty, one indicator with everything known, contacts for all its districts."""
    complete = replace(
        pack,
        units=UnitRegister(u for u in pack.units if u.kind is not UnitKind.COMMUNE),
        projects=(project("P"),),
        capital=(stream(),),
        indicators=(indicator(),),
        forms=tuple(f for f in pack.forms if f.code == "training"),
        calendar=pack.calendar.model_copy(update={"duties": (duty(),)}),
    )
    duties = changes.pop("duties", None)
    if duties is not None:
        changes["calendar"] = complete.calendar.model_copy(update={"duties": duties})
    return replace(complete, **changes)


def test_a_pack_in_which_everything_is_known_has_no_gap(pack: Pack) -> None:
    assert pack_gaps(whole(pack)) == []


def test_a_form_that_nobody_must_send_is_a_gap_once_whatever_its_versions(pack: Pack) -> None:
    form = whole(pack).forms[0]
    twice = (form, form.model_copy(update={"version": "v2"}))
    assert pack_gaps(whole(pack, duties=(), forms=twice)) == [
        PackGap("missing", "calendar.yaml", "training", "no unit must send this form")
    ]


def test_an_indicator_without_a_form_is_a_gap_with_its_reason(pack: Pack) -> None:
    unfed = {"form": None, "numerator": None, "project": None}
    found = pack_gaps(
        whole(
            pack,
            indicators=(
                indicator(),
                indicator("A", **unfed),
                indicator("B", **unfed, note="two years needed"),
            ),
        )
    )
    assert found == [
        PackGap("missing", "indicators.yaml", "A", "no form feeds it"),
        PackGap("missing", "indicators.yaml", "B", "no form feeds it: two years needed"),
    ]


def test_a_project_is_measured_by_its_own_indicator_or_its_sub_projects_but_never_by_its_parent_s(
    pack: Pack,
) -> None:
    projects = (project("P"), project("P-1", "P"), project("Q"), project("Q-1", "Q"))
    found = pack_gaps(
        whole(
            pack,
            projects=projects,
            indicators=(indicator(project="P"), indicator("J", project="Q-1")),
        )
    )
    assert [(gap.entry, gap.what) for gap in found] == [
        ("P-1", "no indicator with a form measures it")
    ]


def test_an_indicator_without_a_form_measures_no_project(pack: Pack) -> None:
    found = pack_gaps(whole(pack, indicators=(indicator(form=None, numerator=None),)))
    assert [(gap.file, gap.entry) for gap in found] == [
        ("indicators.yaml", "I"),
        ("projects.yaml", "P"),
    ]


def test_a_unit_that_must_report_and_has_no_contact_is_a_gap(pack: Pack) -> None:
    nobody = {code: contact for code, contact in pack.correspondence.units.items() if code != "942"}
    found = pack_gaps(
        whole(pack, correspondence=pack.correspondence.model_copy(update={"units": nobody}))
    )
    assert found == [
        PackGap(
            "missing",
            "contacts.yaml",
            "942",
            "nobody to write to at Huyện Châu Thành: the office gets its mails",
        )
    ]


def test_a_unit_that_has_nothing_to_report_needs_no_contact(pack: Pack) -> None:
    office = {"94": Contact(name="Phòng Nghiệp vụ", email="a@b.example")}
    letters = pack.correspondence.model_copy(update={"units": office})
    # Neither districts, nor the province that came after this duty ended.
    found = pack_gaps(
        whole(pack, correspondence=letters, duties=(duty(from_kind="province", last="2024-12-31"),))
    )
    assert [gap for gap in found if gap.file == "contacts.yaml"] == []


def test_what_is_unknown_is_listed_by_name(pack: Pack) -> None:
    found = pack_gaps(
        whole(
            pack,
            capital=(stream(amounts="unknown"),),
            indicators=(
                indicator(targets="unknown", baseline="unknown", frequency="unknown"),
                indicator("J", targets="unknown"),
            ),
            duties=(duty(due={"days_after": 15, "source": "Unknown: a placeholder"}),),
        )
    )
    assert found == [
        PackGap("unknown", "capital.yaml", "central", "amounts"),
        PackGap("unknown", "indicators.yaml", "I", "targets, baseline, frequency"),
        PackGap("unknown", "indicators.yaml", "J", "targets"),
        PackGap("unknown", "calendar.yaml", "training from each district, final", "deadline"),
    ]


def test_what_was_not_seen_is_listed_with_its_tag_and_what_was_derived_is_not(pack: Pack) -> None:
    recalled = {"tag": "B", "source": "background knowledge"}
    found = pack_gaps(
        whole(
            pack,
            projects=(project("P", tag="C-"),),
            capital=(
                stream(
                    **recalled, amounts=[AMOUNT.model_copy(update={"tag": Tag.BACKGROUND}), AMOUNT]
                ),
            ),
            indicators=(
                indicator(**recalled, targets=[TARGET.model_copy(update={"tag": Tag.UNKNOWN})]),
                indicator("J", tag="D", targets=[TARGET.model_copy(update={"tag": Tag.DERIVED})]),
            ),
        )
    )
    assert found == [
        PackGap("unverified", "projects.yaml", "P", "name: tag C-"),
        PackGap("unverified", "capital.yaml", "central", "name: tag B"),
        PackGap("unverified", "capital.yaml", "central", "1,000,000,000 đồng: tag B"),
        PackGap("unverified", "indicators.yaml", "I", "indicator: tag B"),
        PackGap("unverified", "indicators.yaml", "I", "national target 99: tag U"),
    ]


def test_gaps_come_kind_by_kind_missing_first(pack: Pack) -> None:
    kinds = [gap.kind for gap in pack_gaps(pack)]
    assert kinds == sorted(kinds, key=["missing", "unknown", "unverified"].index)
    assert set(kinds) == {"missing", "unknown", "unverified"}


def test_the_sample_names_its_two_unfed_indicators_and_all_its_deadlines(pack: Pack) -> None:
    found = pack_gaps(pack)
    assert [
        gap.entry for gap in found if gap.kind == "missing" and gap.file == "indicators.yaml"
    ] == ["T02", "OUT-RES-LAND"]
    assert len([gap for gap in found if gap.what == "deadline"]) == len(pack.calendar.duties)
