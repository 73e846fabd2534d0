"""What a critical comparison took out is heard again when the other side has sent something new, or has taken it back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from program.pack.pack import Pack
from program.records.audit import Signature
from program.settings import Settings
from tests.integration.test_comparing import (
    Put,
    believed,
    letters_to,
    night,
    pack_with_a_critical_claim,
    put,
)
from tests.integration.test_rebuild import compared, rebuilt
from tests.unit.test_works_rules import BRIDGE, HOUSE, ROAD
from warehouse.lifecycle.cross_checks import due_for_cross_check
from warehouse.lifecycle.withdraw import withdraw

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

__all__ = ["put"]


@pytest.fixture
def strict(settings: Settings, tmp_path: Path) -> Settings:
    """A province whose pack has two claims to one work be critical."""
    return settings.model_copy(update={"pack": pack_with_a_critical_claim(tmp_path)})


@pytest.mark.both_databases
def test_a_report_that_was_taken_out_comes_back_when_the_other_side_mends_its_own(
    strict: Settings, put: Put, pack: Pack
) -> None:
    put("942", [BRIDGE])
    night(strict)
    put("942", [BRIDGE, ROAD], name="works lần 2.xlsx")
    put("946", [HOUSE, ROAD])
    night(strict)
    assert believed(night(strict)) == [("942", 3, "works.xlsx")]
    put("946", [HOUSE], name="works lần 2.xlsx")
    mended = night(strict)
    assert believed(mended) == [("942", 3, "works.xlsx"), ("946", 2, "works lần 2.xlsx")]
    back = night(strict)
    assert believed(back) == [("942", 4, "works lần 2.xlsx"), ("946", 2, "works lần 2.xlsx")]
    assert [
        "đề nghị sửa và gửi lại" in mail["Subject"] for mail in letters_to(strict, "942", pack)
    ] == [True, False]
    quiet = night(strict)
    assert (believed(quiet), quiet.summary.mails_written, list(quiet.pending())) == (
        believed(back),
        0,
        [],
    )
    assert compared(strict.warehouse_url, rebuilt(strict))[1] == []


def test_a_report_that_was_taken_out_comes_back_when_the_other_side_withdraws(
    strict: Settings, put: Put
) -> None:
    put("942", [BRIDGE, ROAD])
    night(strict)
    put("946", [HOUSE, ROAD])
    both_out = night(strict)
    assert believed(both_out) == []
    assert list(night(strict).pending()) == []
    withdraw(both_out.warehouse, 2, Signature("", datetime.now(UTC), "gửi nhầm"))
    cleared = night(strict)
    assert [each.id for each in next(cleared.pending())] == [1]
    assert believed(night(strict)) == [("942", 2, "works.xlsx")]
    assert due_for_cross_check(cleared.warehouse) == []
    assert compared(strict.warehouse_url, rebuilt(strict))[1] == []


def test_two_that_contradict_each_other_are_not_checked_again_for_what_a_third_sends(
    strict: Settings, put: Put
) -> None:
    put("942", [BRIDGE, ROAD])
    put("946", [HOUSE, ROAD])
    night(strict)
    third = Path(strict.inbox_url) / "943" / "works.xlsx"
    third.parent.mkdir()
    put("942", [BRIDGE], name="for another.xlsx")
    Path(strict.inbox_url, "942", "for another.xlsx").rename(third)
    after = night(strict)
    assert (believed(after), list(after.pending())) == ([], [])
