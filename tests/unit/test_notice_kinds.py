"""The kinds of notices, as the outbox stores them."""

import pytest

from program.records.letter import NoticeKind
from program.submission import Verdict
from warehouse.states import cross_check_kind, is_all_clear, is_cross_check, notice_kind, open_kind


def test_a_kind_with_a_number_is_read_back_without_it() -> None:
    assert notice_kind(cross_check_kind(7)) is NoticeKind.COMPARED
    assert notice_kind(open_kind(2)) is NoticeKind.OPEN
    assert notice_kind("fixed-41") is NoticeKind.FIXED


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_the_notice_of_a_check(verdict: Verdict) -> None:
    assert notice_kind(verdict.value) is NoticeKind.JUDGED


def test_two_cross_checks_of_one_submission_are_two_kinds() -> None:
    assert cross_check_kind(7) == "compared-7"
    assert cross_check_kind(8) != cross_check_kind(7)
    assert open_kind(2) == "open-2"


def test_only_a_cross_check_and_an_all_clear_are_taken_for_one() -> None:
    assert is_cross_check("compared-7")
    assert not is_cross_check("fixed-7")
    assert is_all_clear("fixed")
    assert is_all_clear("fixed-7")
    assert not is_all_clear("open-7")
