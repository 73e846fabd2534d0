"""A bounded share of the damaged workbooks; `python -m tests.mutations` makes all ten thousand."""

from random import Random

import pytest

from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Fact
from tests.mutations.damage import mutated
from tests.mutations.seeds import SEEDS, seed
from tests.mutations.trial import run
from tests.mutations.truth import untrue

COUNT, OF = 400, 1719


@pytest.mark.slow
def test_damaged_workbooks_end_in_a_verdict_and_no_fact_is_loaded_that_its_cell_does_not_hold(
    pack: Pack,
) -> None:
    settings = Settings(
        _env_file=None, readers=2, reading_seconds=300
    )  # a busy machine is no fault of a file
    results = list(run(range(COUNT), OF, pack, settings, lambda _: None))
    assert [result for result in results if result.fault] == []
    outcomes = {result.outcome for result in results}
    assert {"accepted_with_warnings", "quarantined", "unreadable FILE-03"} <= outcomes, (
        "the damage is of all kinds"
    )


def test_the_same_numbers_make_the_same_workbook_and_others_another() -> None:
    made = [mutated(number, OF) for number in range(30)]
    assert made == [mutated(number, OF) for number in range(30)]
    assert len({content for _, content in made}) > 25
    assert made != [mutated(number, OF + 1) for number in range(30)]


@pytest.mark.parametrize("name", SEEDS)
def test_a_fact_that_no_cell_holds_is_found(name: str) -> None:
    sheet = {"xls of Excel 95": "Sheet1", "csv": "CSV", "tsv in UTF-16": "CSV"}.get(
        name, "Tổng hợp"
    )
    lie = Fact(
        "participants_total", 0, float(Random(OF).randrange(10**6, 10**7)), None, sheet, "C8"
    )
    if name != "xlsx of the template":
        assert "participants_total" in (untrue((lie,), seed(name), {}) or "")
