"""What a run leaves, in a form that two runs can be compared in: without numbers, times and which run it was."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from connectors.archive import Archive
from program.records.letter import NoticeKind
from program.settings import Settings
from warehouse.database.engine import open_warehouse
from warehouse.tables import DeliveryRow, SubmissionRow, WarehouseTable

Row = tuple[tuple[str, str], ...]
_LEFT_OUT = {
    "id",
    "run_id",
    "loaded_at",
    "recorded_at",
    "received_at",
    "created_at",
    "sent_at",
    "updated_at",
    "listed_at",
    "attempts",
    "held_at",
    "extracted_run_id",
}
_LEFT_OUT |= {"claimed_by", "claimed_until", "next_attempt_at", "letter_date"}
_ONLY_WHETHER = {
    "known_from",
    "known_to",
    "compared_at",
    "cross_check_found_at",
    "answers_id",
    "closed_at",
    "message_id",
}
_COPIED = {"capital", "targets"}
"""Copied from the pack each run, with numbers that nothing points to."""


@dataclass(frozen=True)
class State:
    """Rows by table, bytes in the archive by name, mails by what they say."""

    tables: dict[str, list[Row]]
    archive: dict[str, str]
    mails: list[tuple[str, str, str]]
    disorder: list[str]


def state_of(settings: Settings) -> State:
    """Return what the warehouse, the archive and the outbox hold."""
    engine = open_warehouse(settings.warehouse_url)
    try:
        with engine.connect() as connection:
            names = _names(connection)
            tables = {
                t.name: _rows(connection, t, names)
                for t in WarehouseTable.metadata.sorted_tables
                if t.name != "runs"
            }
            # The office's mail is about a run: one whose disk was full tells of a part, and the next
            # one of the rest. So there may be a notice more than after an undisturbed run.
            morning = ("kind", repr(NoticeKind.MORNING))
            tables["outbox"] = [row for row in tables["outbox"] if morning not in row]
            disorder = _disorder(connection)
    finally:
        engine.dispose()
    return State(tables, _archive(settings), _mails(settings.outbox), disorder)


def differences(found: State, expected: State) -> list[str]:
    """Return in words what differs; nothing where a run ended as it should."""
    words = list(found.disorder)
    for name, rows in expected.tables.items():
        mine = found.tables[name]
        words += [f"{name}: lacks {row}" for row in rows if row not in mine]
        words += [f"{name}: has besides {row}" for row in mine if row not in rows]
        if len(mine) != len(rows):
            words.append(f"{name}: {len(mine)} rows, expected {len(rows)}")
    if found.archive != expected.archive:
        words.append(f"archive: {sorted(found.archive.items() ^ expected.archive.items())}")
    if found.mails != expected.mails:
        words.append(f"mails: {len(found.mails)}, expected {len(expected.mails)}")
        words += _changed_lines(found.mails, expected.mails)
    return words


def _changed_lines(
    found: Sequence[tuple[str, ...]], expected: Sequence[tuple[str, ...]]
) -> list[str]:
    """Return the lines that only one side has."""
    before = [line for mail in expected for part in mail for line in str(part).splitlines()]
    after = [line for mail in found for part in mail for line in str(part).splitlines()]
    changed = difflib.ndiff(before, after)
    return [f"mails: {line}" for line in changed if line.startswith(("- ", "+ "))]


def halves(found: State, expected: State) -> list[str]:
    """Return which submissions are there in part only: with other facts or findings than the whole one has.

    Findings by comparison are a transaction of their own, after all loads.
    """
    words = []
    for name in ("facts", "findings"):
        mine, whole = _by_submission(found.tables[name]), _by_submission(expected.tables[name])
        for row in found.tables["submissions"]:
            key = dict(row)["(self)"]
            if sorted(mine.get(key, [])) != sorted(whole.get(key, [])):
                words.append(f"{name}: submission {key} is there in part")
    return words


def _by_submission(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        cells = dict(row)
        if cells.get("cross_check_found_at", "none") == "none":
            groups.setdefault(cells["submission_id"], []).append(row)
    return groups


def _names(connection: Connection) -> dict[str, dict[int, str]]:
    """What deliveries and submissions are called by what stays the same from run to run."""
    deliveries = {
        row.id: f"{row.source}:{row.external_id}"
        for row in connection.execute(select(DeliveryRow.__table__))
    }
    submissions = {
        row.id: f"{deliveries[row.delivery_id]}#{row.attempt}.{row.report_no}"
        for row in connection.execute(select(SubmissionRow.__table__))
    }
    return {"deliveries": deliveries, "submissions": submissions}


def _rows(connection: Connection, table: Any, names: Mapping[str, Mapping[int, str]]) -> list[Row]:
    targets = {
        c.name: next(iter(c.foreign_keys)).column.table.name
        for c in table.columns
        if c.foreign_keys
    }
    rows = []
    for row in connection.execute(select(table)).mappings():
        cells = {
            n: _cell(n, v, names.get(targets.get(n, "")))
            for n, v in row.items()
            if n not in _LEFT_OUT
        }
        own = {"(self)": names[table.name][row["id"]]} if table.name in names else {}
        rows.append(tuple(sorted({**cells, **own}.items())))
    return sorted(rows)


def _cell(name: str, value: object, names: Mapping[int, str] | None) -> str:
    if name in _ONLY_WHETHER:
        return "some" if value is not None else "none"
    return names[value] if names is not None and isinstance(value, int) else repr(value)


def _disorder(connection: Connection) -> list[str]:
    """Return what may be in no state, whole or not: history that runs backwards, two versions current at once."""
    words, believed = [], set()
    for row in connection.execute(select(SubmissionRow.__table__)):
        report = (row.form_code, row.unit_code, row.period, row.stage)
        if row.known_to is not None and (row.known_from is None or row.known_to < row.known_from):
            words.append(f"submission {row.id} is known from {row.known_from} to {row.known_to}")
        if row.known_from is not None and row.known_to is None:
            if report in believed:
                words.append(f"two versions of {report} are believed")
            believed.add(report)
    return words


def _archive(settings: Settings) -> dict[str, str]:
    """Bytes under their names; a `.part` that a killed run left is no name that anything reads.

    Of the ledger's copy only that no arrival is left: every delivery is in a run's document then.
    """
    archive = Archive(settings.archive_url)
    names = [name for name in archive.names() if not name.startswith("ledger/runs/")]
    return {name: hashlib.sha256(archive.read(name) or b"").hexdigest() for name in names}


def _mails(folder: Path) -> list[tuple[str, str, str]]:
    mails = []
    for path in folder.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        # A run whose disk was full tells the office of a part, and the next one of the rest: two
        # mails, where an undisturbed run writes one.
        if text.startswith("Kính gửi") and "1. MỚI NHẬN" in text:
            continue
        # Some trials set the clock back: the day for an answer follows from that of the letter.
        text = re.sub(r"(chậm nhất ngày) \d\d/\d\d/\d{4}", r"\1 …", text)
        # The code by which an answer finds its letter is that letter's own.
        subject = re.sub(r" \[mã [0-9a-f]+\]$", "", str(message["Subject"]))
        mails.append((str(message["To"]), subject, text))
    return sorted(mails)
