"""The figures that readers meet in several places of one run's output, read where they are printed.

A place is a page, a document, a mail, a file of data or the answer of a command. Each question has
one answer in all places; `tests/e2e/test_night.py` compares them.
"""

import csv
import email
import html
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from email import policy
from pathlib import Path
from typing import Any

import docx
import openpyxl

Answer = tuple[float | str, ...]
"""What a place says: numbers, and names of units and periods."""
Places = Mapping[str, Answer]

NUMBER = r"(\d[\d.]*(?:,\d+)?)"
_CELL_END = re.compile(r"</(?:td|th|li|h2|h3|dd|dt|p|summary)>|<br>")
_DROPPED = re.compile(r"<(script|style|svg).*?</\1>|<[^>]+>", re.DOTALL)
_VERDICTS = ("accepted", "accepted with warnings", "quarantined", "unreadable")
_VERDICT_WORDS = "# đạt; # đạt, có lưu ý; # cần sửa; # không đọc được"
_PROVINCE = "94"


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def page_text(path: Path) -> str:
    """What a page says; its cells end with |."""
    cells = _CELL_END.sub(" | ", path.read_text(encoding="utf-8"))
    return one_line(html.unescape(_DROPPED.sub("", cells)))


def document_text(path: Path) -> str:
    """What a Word document says, its tables last; their cells end with |."""
    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += [" | ".join(cell.text for cell in row.cells) for row in table.rows]
    return one_line("\n".join(lines))


def mail_texts(folder: Path) -> list[str]:
    """What the mails in a folder say."""
    texts = []
    for path in sorted(folder.glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None, path
        texts.append(one_line(body.get_content()))
    return texts


def numbered_rows(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    """The rows of a sheet that begin with a number."""
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    return [row for row in rows if str(row[0]).isdigit()]


def number(text: str) -> float:
    """A number as it is written in Vietnam: 2.513 and 188,8."""
    return float(text.replace(".", "").replace(",", "."))


def found(text: str, pattern: str) -> tuple[str, ...]:
    """The groups of a pattern that the text must have."""
    match = re.search(pattern, text)
    assert match is not None, f"{pattern!r} is not in: {text[:4000]}"
    return match.groups()


def numbers(text: str, sentence: str) -> tuple[float, ...]:
    """The numbers of a sentence that the text must have; # stands for one of them."""
    groups = found(text, re.escape(sentence).replace(r"\#", NUMBER))
    return tuple(number(each) for each in groups)


def named(text: str, pattern: str) -> Answer:
    """A name and a number."""
    name, count = found(text, pattern)
    return name, number(count)


class RunOutput:
    """What the first run of the sample wrote, and what commands say of it.

    `ask` runs a command that only reads and returns what it prints. `counts` is the run's table.
    """

    def __init__(self, var: Path, ask: Callable[..., str], counts: Mapping[str, int]) -> None:
        self.ask = ask
        self.counts = counts
        self.site = var / "site"
        self.warehouse = var / "warehouse.sqlite"
        self.chasing_list = var / "office" / "danh-sach-don-doc.xlsx"
        self.page = page_text(self.site / "index.html")
        self.plans = page_text(self.site / "plans.html")
        self.forms = [page_text(path) for path in (self.site / "reporting").glob("*.html")]
        self.brief = document_text(self.site / "reports" / "tom-tat.docx")
        self.letter = document_text(var / "office" / "cong-van-don-doc.docx")
        (own_form,) = (self.site / "reports").rglob("mau-vi-du-2025-Q3.docx")
        self.own_form = document_text(own_form)
        (self.morning,) = [text for text in mail_texts(var / "outbox") if "1. MỚI NHẬN" in text]
        (self.digest,) = mail_texts(var / "digests")
        self.status = one_line(ask("status"))
        # What has no state is a file that belongs to no report.
        self.reports = [row for row in json.loads(ask("status", "--json")) if "state" in row]

    def questions(self) -> Iterator[tuple[str, Places]]:
        """Yield each question with what each place answers."""
        yield "how many billions are disbursed and planned, how much per cent?", self.money()
        yield "which unit has the lowest share?", self.lowest_share()
        yield "how many billions are left where most is left?", self.most_left()
        yield "which is the last period of training, and how much was in it?", self.training()
        yield "how much training was in the year of the plan?", self.training_of_year()
        yield "how many households were to get land, and did?", self.planned("Đất ở (hộ)")
        works = "Công trình hoàn thành trong danh mục"
        yield "how many works were to be completed, and are?", self.planned(works)
        yield "how many targets are reached, not reached, without a figure?", self.targets()
        yield "how many reports are due, came, are accepted?", self.due()
        yield "of how many units is how much missing and to be corrected?", self.awaited()
        yield "how much is waited for, of units that ended too?", self.awaited_in_all()
        yield "who is to be called first, and is late by how many days?", self.first_to_call()
        yield "how many reports came, how often, with which verdicts?", self.news()
        yield "how many submissions were checked?", self.submissions()
        yield "how many submissions were loaded, and how many not?", self.loaded()
        yield "which verdicts did the run give?", self.verdicts()

    def money(self) -> Places:
        (row,) = self.data(
            "mart_disbursement",
            unit_code=_PROVINCE,
            basis="sum_of_districts",
            period="2024-Q4",
            project_code="total",
            source="total",
        )
        percent, disbursed, plan = numbers(self.page, "#% kế hoạch: #/# tỷ đồng")
        workbook = self.site / "reports" / "giai-ngan" / "giai-ngan-2024-Q4.xlsx"
        units = numbered_rows(workbook, "Theo đơn vị")
        plan_mn, spent_mn = sum(unit[2] for unit in units), sum(unit[3] for unit in units)
        sentence = "giải ngân # tỷ đồng trên kế hoạch # tỷ đồng, đạt #%"
        return {
            "page": (disbursed, plan, percent),
            "brief": numbers(self.brief, sentence),
            "data": (
                round(float(row["disbursed_vnd"]) / 1e9, 1),
                round(float(row["plan_vnd"]) / 1e9, 1),
                round(float(row["rate"]), 1),
            ),
            "workbook": (
                round(spent_mn / 1e3, 1),
                round(plan_mn / 1e3, 1),
                round(100 * spent_mn / plan_mn, 1),
            ),
            "trace": (
                round(self.traced("DIS-DISBURSED", "2024-Q4") / 1e3, 1),
                round(self.traced("DIS-PLAN", "2024-Q4") / 1e3, 1),
                round(self.traced("DIS-RATE", "2024-Q4"), 1),
            ),
        }

    def lowest_share(self) -> Places:
        pattern = rf"hấp nhất: ([^\d]+) {NUMBER}%"
        return {"page": named(self.page, pattern), "brief": named(self.brief, pattern)}

    def most_left(self) -> Places:
        name = "Dự án 4. Cơ sở hạ tầng thiết yếu"
        return {
            "page's answer": numbers(
                self.page, f"Vốn chưa giải ngân nhiều nhất: {name}, # tỷ đồng"
            ),
            "page's part": numbers(
                self.page, f"Vốn chưa giải ngân nhiều nhất: {name} (còn # tỷ đồng"
            ),
            "brief": numbers(self.brief, f"{name}: # tỷ đồng"),
        }

    def training(self) -> Places:
        (row,) = self.data(
            "mart_training", unit_code=_PROVINCE, basis="sum_of_communes", period="2025-Q3"
        )
        known = [float(row[name]) for name in ("classes", "participants", "reported", "expected")]
        period = r"Kỳ gần nhất, (quý \w+ năm \d{4}):"
        (on_page,), (in_brief,) = found(self.page, period), found(self.brief, period)
        counts = (
            *numbers(self.brief, ": # lớp, # người tham dự"),
            *numbers(self.brief[self.brief.index("Kỳ gần nhất") :], "(#/# đơn vị"),
        )
        form = "tổ chức # lớp đào tạo, tập huấn với # người tham dự (#/# đơn vị)"
        return {
            "page": (on_page, *numbers(self.page, ": # lớp, # người GL (#/# đơn vị)")),
            "brief": (in_brief, *counts),
            "the province's own form": ("quý III năm 2025", *numbers(self.own_form, form)),
            "data": ("quý III năm 2025", *known),
            "trace": (
                "quý III năm 2025",
                self.traced("TRN-CLASSES", "2025-Q3"),
                self.traced("TRN-PARTICIPANTS", "2025-Q3"),
                *known[2:],
            ),
        }

    def training_of_year(self) -> Places:
        pattern = rf"Cả năm (\d+)(?:, so với kế hoạch năm)?: {NUMBER} lớp[^,]*, {NUMBER} người"
        plans = (
            *numbers(self.plans, "tập huấn, năm # – tỉnh báo cáo"),
            *numbers(self.plans, "| Số lớp (lớp) | #"),
            *numbers(self.plans, "| Số người tham dự (người) | #"),
        )
        return {
            "page": tuple(number(each) for each in found(self.page, pattern)),
            "brief": tuple(number(each) for each in found(self.brief, pattern)),
            "page of plans": plans,
            "trace": (
                2024.0,
                self.traced("TRN-CLASSES", "2024"),
                self.traced("TRN-PARTICIPANTS", "2024"),
            ),
        }

    def planned(self, name: str) -> Places:
        in_brief = rf"{re.escape(name)}[^|]*\| {NUMBER} \([^|]*\| {NUMBER} \("
        return {
            "page": numbers(self.page, f"{name} | # | #"),
            "page of plans": numbers(self.plans, f"{name} | # | #"),
            "brief": tuple(number(each) for each in found(self.brief, in_brief)),
        }

    def targets(self) -> Places:
        sentence = "# chỉ tiêu có mục tiêu: # đã đạt; # chưa đạt; # chưa có số liệu"
        answer = "#/# chỉ tiêu đã đạt hoặc đúng tiến độ. # chưa đạt; # chưa có số liệu"
        reached, every, not_reached, without = numbers(self.page, answer)
        headlines = self.data("mart_progress", unit_code=_PROVINCE, is_headline="true")
        states = [row["status"] for row in headlines if row["target"]]
        return {
            "page's answer": (every, reached, not_reached, without),
            "page's part": numbers(self.page, sentence),
            "brief": numbers(self.brief, sentence),
            "data": (every, states.count("achieved"), states.count("not_yet"), every - len(states)),
        }

    def due(self) -> Places:
        rows = self.data("mart_punctuality")
        came, accepted = numbers(self.brief, "đã gửi #"), numbers(self.brief, "%), đạt #.")
        return {
            "page": numbers(self.page, "Đến hạn # báo cáo: đã gửi #, đạt #."),
            "brief": (*numbers(self.brief, "Đến hạn # báo cáo"), *came, *accepted),
            "status": numbers(self.status, "đến hạn # báo cáo, đã gửi #, đạt #."),
            "data": tuple(
                sum(int(row[key]) for row in rows) for key in ("due", "received", "accepted")
            ),
        }

    def awaited(self) -> Places:
        sentence = "Còn chờ # đơn vị: # báo cáo chưa gửi, # chờ sửa"
        mail = "2. CÒN CHỜ: # báo cáo chưa gửi, # báo cáo chờ sửa, của # đơn vị"
        missing, to_fix, units = numbers(self.morning, mail)
        listed = numbered_rows(self.chasing_list, "Đơn vị")
        return {
            "page": numbers(self.page, sentence),
            "brief": numbers(self.brief, sentence),
            "status": numbers(self.status, sentence),
            "morning mail": (units, missing, to_fix),
            "list of whom to call": (
                len(listed),
                sum(row[2] for row in listed),
                sum(row[3] for row in listed),
            ),
            # The letter names what is to be corrected only where there is something.
            "letter to the units": (
                *numbers(self.letter, "Còn # đơn vị chưa gửi # báo cáo"),
                0,
            ),
        }

    def awaited_in_all(self) -> Places:
        ended = "Ngoài ra còn # báo cáo chưa gửi hoặc chờ sửa của đơn vị đã kết thúc hoạt động"
        texts = {"page": self.page, "brief": self.brief, "morning mail": self.morning}
        places: dict[str, Answer] = {}
        for name, text in texts.items():
            _, *open_ones = self.awaited()[name]
            places[name] = (sum(map(float, open_ones)) + numbers(text, ended)[0],)
        waiting = [row for row in self.reports if row["state"] in ("missing", "to_fix")]
        by_form = [numbers(text, "# chưa gửi; # đã gửi – chờ sửa") for text in self.forms]
        sheets = ("Báo cáo", "Đơn vị đã kết thúc")
        due, _, accepted = self.due()["page"]
        return places | {
            "status": (len(waiting),),
            # Who adds up the page's sentence comes to the reports that are due.
            "page's reports that are due and not accepted": (due - accepted,),
            "pages of forms": (sum(sum(each) for each in by_form),),
            "list of whom to call": (
                sum(len(numbered_rows(self.chasing_list, sheet)) for sheet in sheets),
            ),
        }

    def first_to_call(self) -> Places:
        late = rf" ([^:|]+): [^|.]*?chậm (?:nhiều )?nhất {NUMBER} ngày làm việc"
        on_page = named(self.page, rf"Còn thiếu nhiều nhất \|{late}")
        days = [row["late_working_days"] for row in self.reports if row["unit_name"] == on_page[0]]
        listed = numbered_rows(self.chasing_list, "Đơn vị")[0]
        return {
            "page": on_page,
            "morning mail": named(self.morning, rf"NÊN LIÊN HỆ TRƯỚC: -{late}"),
            "list of whom to call": (listed[1], listed[4]),
            "status": (on_page[0], max(days)),
        }

    def news(self) -> Places:
        sentence = f"# báo cáo, gửi # lần: {_VERDICT_WORDS}"
        mail = f"1. MỚI NHẬN: # báo cáo, gửi # lần (theo lần gửi cuối: {_VERDICT_WORDS}"
        return {
            "page's answer": numbers(self.page, sentence),
            "page's part": numbers(self.page, f"Đã xem {sentence}"),
            "morning mail": numbers(self.morning, mail),
        }

    def submissions(self) -> Places:
        _, times, *_ = self.news()["morning mail"]
        quality = page_text(self.site / "quality.html")
        return {
            "morning mail": (times,),
            "the run's table": (sum(self.counts[name] for name in _VERDICTS),),
            "page of quality": numbers(quality, "(lần 1) | #"),
        }

    def loaded(self) -> Places:
        _, loaded, others = numbers(page_text(self.site / "quality.html"), "(lần 1) | # | # | #")
        of_run = [self.counts[name] for name in _VERDICTS]
        return {
            "page of quality": (loaded, others),
            "the run's table": (sum(of_run[:2]), sum(of_run[2:])),
        }

    def verdicts(self) -> Places:
        return {
            "the run's table": tuple(self.counts[name] for name in _VERDICTS),
            "digest": tuple(numbers(self.digest, f" {name} #")[0] for name in _VERDICTS),
            "ledger": tuple(self.submissions_with(name.replace(" ", "_")) for name in _VERDICTS),
        }

    def submissions_with(self, verdict: str) -> int:
        """How many submissions have a verdict in the warehouse."""
        with closing(sqlite3.connect(f"file:{self.warehouse}?mode=ro", uri=True)) as connection:
            query = "SELECT COUNT(*) FROM submissions WHERE verdict = ?"
            return int(connection.execute(query, (verdict,)).fetchone()[0])

    def data(self, mart: str, **wanted: str) -> list[dict[str, str]]:
        """The rows of a published file of data that have these values."""
        path = self.site / "data" / "csv" / f"{mart}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def traced(self, indicator: str, period: str) -> float:
        """The province's figure as `mtqg trace` says it: its own, or the sum of its units."""
        asked = ("trace", "--unit", _PROVINCE, "--indicator", indicator, "--period", period)
        answer = json.loads(self.ask(*asked, "--json"))
        own = answer["value"]
        return float(answer["sums"][0]["value"] if own is None else own)
