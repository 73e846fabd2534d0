"""The textbook peer: a Prefect task a file, `read_excel`, a checkpoint a table, the ORM.

It is what the tutorials of these libraries put together. Templates are read by position; there is
no archive, no versions of a report, no history, no comparisons, no letters, no page. Prints, as
JSON, what it loaded.

Usage: python -m benchmarks.peers.textbook --pack PACK --inbox INBOX --files 44 --database URL
"""

from itertools import chain
from pathlib import Path
from typing import Any

from program.settings import load_settings, quiet_third_parties

quiet_third_parties(load_settings())

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
import pandas as pd  # noqa: E402
from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from sqlalchemy import Engine, ForeignKey, create_engine  # noqa: E402
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship  # noqa: E402

from benchmarks.peers.given import Given, given  # noqa: E402
from benchmarks.peers.report import Report as Done  # noqa: E402
from benchmarks.peers.rules import Check, checks_of, with_gaps  # noqa: E402
from benchmarks.peers.templates import Region, facts_of, files_below, form_of, regions_of, typed  # noqa: E402


class Base(DeclarativeBase):
    """The tables."""


class Report(Base):
    """A file that was loaded."""

    __tablename__ = "reports"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    facts: Mapped[list["Fact"]] = relationship(back_populates="report")


class Fact(Base):
    """A value of a report."""

    __tablename__ = "facts"
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    element: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    text: Mapped[str | None]
    sheet: Mapped[str]
    cell: Mapped[str]
    report: Mapped[Report] = relationship(back_populates="facts")


class Run:
    """What all tasks share, and what came of them. No dataclass: Prefect would look into it."""

    def __init__(
        self,
        engine: Engine,
        regions: dict[str, list[Region]],
        checkpoints: dict[str, gx.Checkpoint],
    ) -> None:
        self.engine, self.regions, self.checkpoints = engine, regions, checkpoints
        self.findings = self.refused = 0
        self.facts: dict[str, int] = {}


@task(cache_policy=NO_CACHE, persist_result=False)
def process(run: Run, number: int, path: Path) -> None:
    """Read, check and load a file."""
    sheets = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
    regions = form_of(list(sheets), run.regions)
    facts = []
    is_refused = False
    for region in regions:
        frame = typed(_cut(sheets[region.table.sheet], region, number), region)
        if len(frame):
            is_refused |= _check(run, with_gaps(frame, region), region)
            facts.append(facts_of(frame, region))
    if is_refused:
        run.refused += 1
        return
    run.facts[path.name] = _load(run.engine, number, path.name, pd.concat(facts))


def _cut(sheet: pd.DataFrame, region: Region, number: int) -> pd.DataFrame:
    """Return the table's cells with file, row and line; a list ends at its first blank line."""
    cells = sheet.iloc[region.top :, 1 : len(region.columns) + 1].set_axis(region.columns, axis=1)
    is_table = ~cells.isna().all(axis=1).cummax()
    cells = cells.iloc[: len(region.lines)] if region.lines else cells[is_table]
    rows = cells.index + 1
    return cells.assign(file=number, row=rows, line=region.lines or "").reset_index(drop=True)


def _check(run: Run, frame: pd.DataFrame, region: Region) -> bool:
    """Run the table's checkpoint, count what fails, and tell whether anything of it is critical."""
    outcome = run.checkpoints[region.name].run(batch_parameters={"dataframe": frame})
    is_refused = False
    for of_table in outcome.run_results.values():
        for result in of_table["results"]:
            if not result["success"]:
                run.findings += result["result"].get("unexpected_count", 1)
                is_refused |= bool(result["expectation_config"]["meta"]["is_critical"])
    return is_refused


def _load(engine: Engine, number: int, name: str, facts: pd.DataFrame) -> int:
    report = Report(id=number, name=name)
    for row in facts.to_dict("records"):
        text = None if pd.isna(row["text"]) else str(row["text"])
        value = None if pd.isna(row["value"]) else float(row["value"])
        place = {name: row[name] for name in ("element", "line", "sheet", "cell")}
        report.facts.append(Fact(value=value, text=text, **place))
    with Session(engine) as session, session.begin():
        session.add(report)
    return len(facts)


def checkpoint_of(context: Any, region: Region) -> gx.Checkpoint:
    """Return the checkpoint of a table: one suite on a frame that each run brings."""
    asset = context.data_sources.add_pandas(region.name).add_dataframe_asset("lines")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name=region.name))
    for check in checks_of(region):
        suite.add_expectation(expectation_of(check))
    definition = gx.ValidationDefinition(name=region.name, data=batch, suite=suite)
    context.validation_definitions.add(definition)
    checkpoint = gx.Checkpoint(
        name=region.name,
        validation_definitions=[definition],
        result_format="COMPLETE",
    )
    return context.checkpoints.add(checkpoint)


def expectation_of(check: Check) -> Any:
    """Return a rule in Great Expectations' own words."""
    meta = {"is_critical": check.is_critical}
    match check.kind:
        case "required":
            return gxe.ExpectColumnValuesToNotBeNull(column=check.column, meta=meta)
        case "between":
            bounds = {"min_value": check.low, "max_value": check.high}
            return gxe.ExpectColumnValuesToBeBetween(column=check.column, **bounds, meta=meta)
        case "in_set":
            words = list(check.words)
            return gxe.ExpectColumnValuesToBeInSet(column=check.column, value_set=words, meta=meta)
        case "not_more":
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=check.than,
                column_B=check.column,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                meta=meta,
            )
        case "unique":
            return gxe.ExpectColumnValuesToBeUnique(column=check.column, meta=meta)


@flow(persist_result=False)
def textbook(asked: Given) -> None:
    """Take all files, a task each; say how much came of it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    regions = regions_of(asked.pack)
    engine = create_engine(asked.database.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    tables = chain.from_iterable(regions.values())
    checkpoints = {region.name: checkpoint_of(context, region) for region in tables}
    run = Run(engine, regions, checkpoints)
    files = files_below(asked.inbox, asked.files)
    for number, path in enumerate(files):
        process(run, number, path)
    engine.dispose()
    print(Done(len(files), run.findings, run.refused, run.facts).as_json())


if __name__ == "__main__":
    textbook(given(__doc__))
