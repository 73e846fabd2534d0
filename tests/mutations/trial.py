"""Damaged workbooks through the readers' processes and the rules, and what came of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.reader.reader import read_parts
from connectors.reader.reader_pool import Readers, Unread
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.delivery import Delivery
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.settings import Settings
from program.submission import Submission
from tests.mutations.damage import mutated
from tests.mutations.seeds import SEEDS, seed
from tests.mutations.truth import Known, knowledge, untrue

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one damaged workbook; `fault` says why that is not as it should be."""

    number: int
    damage: str
    outcome: str
    fault: str | None = None


def run(
    numbers: Sequence[int], of: int, pack: Pack, settings: Settings, advance: Callable[[int], None]
) -> Iterator[Result]:
    """Yield what came of each workbook, in order, a chunk at a time."""
    rules = RuleSet(pack)
    known = {
        name: knowledge(facts_of(read_parts(seed(name), _delivery(0), pack)[0]), seed(name))
        for name in SEEDS
    }
    with Readers(pack, settings) as readers:
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            made = {number: mutated(number, of) for number in chunk}
            deliveries = [_delivery(number) for number in chunk]
            outcomes = list(
                readers.read(deliveries, lambda delivery, made=made: made[delivery.id][1])
            )
            readings = [outcome for outcome in outcomes if isinstance(outcome, ParsedReport)]
            checked = Checker(pack, rules, "mutations").check(readings)
            submissions = {
                (s.delivery.id, reading.report_no): s
                for s, reading in zip(checked, readings, strict=True)
            }
            for outcome in outcomes:
                damage, content = made[outcome.delivery.id]
                yield _result(outcome, submissions, damage, content, known)
            advance(len(chunk))


def _delivery(number: int) -> Delivery:
    return Delivery(
        number,
        "inbox",
        "folder",
        f"{number}.xlsx",
        datetime(2026, 1, 15, 3, tzinfo=UTC),
        None,
        None,
    )


def _result(
    outcome: ParsedReport | Unread,
    submissions: dict[tuple[int, int], Submission],
    damage: str,
    content: bytes,
    known: Mapping[str, Known],
) -> Result:
    number = outcome.delivery.id
    if isinstance(outcome, Unread):
        return Result(
            number,
            damage,
            "no verdict",
            f"{outcome.error!r} {getattr(outcome.error, '__notes__', '')}",
        )
    submission = submissions[number, outcome.report_no]
    rules = [
        f.rule
        for f in submission.findings
        if f.rule.startswith("FILE") and f.severity == "critical"
    ]
    said = " ".join([submission.verdict, *rules[:1]])
    if rules and rules[0] in ("FILE-08", "FILE-09"):
        return Result(number, damage, said, f"the file ended in {rules[0]}")
    # Its sender reads of a word that was taken for another of the vocabulary, and as what.
    told = {(f.sheet, f.cell) for f in submission.findings if f.rule == "CELL-33"}
    facts = tuple(fact for fact in facts_of(outcome) if (fact.sheet, fact.cell) not in told)
    try:
        lie = (
            untrue(facts, content, known[damage.split(":", maxsplit=1)[0]])
            if submission.verdict.loads
            else None
        )
    except (
        Exception
    ) as wrong:  # of the re-reading, not of the reader: the number tells which to look at
        lie = f"cannot be read again: {wrong!r}"
    return Result(number, damage, said, lie)
