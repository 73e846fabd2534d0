"""What `mtqg national` prints: each province, and what is not in the country's figures and why."""

from collections import Counter

from rich.table import Table
from rich.text import Text

from mtqg.console import out, print_plain
from program.pack.pack import Pack
from program.vietnamese import format_date
from warehouse.national.build import NationalBuild, ProvinceState
from warehouse.national.file import NationalRow

_STATES = {
    ProvinceState.CURRENT: ("đủ", "green"),
    ProvinceState.STALE: ("cũ", "yellow"),
    ProvinceState.MISSING: ("chưa gửi", "red"),
    ProvinceState.BROKEN: ("hỏng", "red"),
    ProvinceState.UNKNOWN: ("ngoài danh mục", "red"),
}
"""The words of an office for each state, and how they are printed."""
_COUNTS = ("due", "received", "accepted", "timely", "to_fix", "most_days_late")
_RUN = ("run", "rules_version", "program_version")
_MOST_NAMED = 10
"""Missing provinces that are named a line each; of more, one paragraph has the names."""


def print_build(built: NationalBuild, pack: Pack) -> None:
    """Print how many provinces are in the file, and what is not in it, by name."""
    states = Counter(ProvinceState(row["state"]) for row in built.provinces)
    used = sum(row["is_used"] for row in built.provinces)
    expected = len(built.provinces) - states[ProvinceState.UNKNOWN]
    out.print(f"{pack.program.site_title}: {used}/{expected} tỉnh")
    for row in built.provinces:
        state = ProvinceState(row["state"])
        is_counted = state is ProvinceState.MISSING and states[state] > _MOST_NAMED
        if state is not ProvinceState.CURRENT and not is_counted:
            print_plain(f"  {row['name']} ({row['code']}): {_in_words(row)}")
    if states[ProvinceState.MISSING] > _MOST_NAMED:
        names = [
            f"{row['name']} ({row['code']})"
            for row in built.provinces
            if row["state"] == ProvinceState.MISSING
        ]
        print_plain(f"  chưa gửi ({len(names)}): {', '.join(names)}")
    _print_refused(built)


def print_status(built: NationalBuild, *, is_wide: bool) -> None:
    """Print one table of all provinces, and what is refused of them.

    It fits into 80 columns, unless `is_wide` adds each province's run and versions.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    # In a narrow terminal the words wrap. A figure is neither folded nor cut off: a part of it
    # is another figure.
    table.add_column("Mã", no_wrap=True)
    for heading in ("Tỉnh", "Tình trạng"):
        table.add_column(heading, overflow="fold")
    table.add_column("Số liệu đến", no_wrap=True)
    for heading in ("Đến\nhạn", "Đã\ngửi", "Đạt", "Đúng\nhạn", "Chờ\nsửa", "Chậm\nnhất"):
        table.add_column(heading, justify="right", no_wrap=True)
    if is_wide:
        for heading in ("Lần chạy", "Quy tắc", "Phần mềm"):
            table.add_column(heading, overflow="fold")
    for row in built.provinces:
        words, style = _STATES[ProvinceState(row["state"])]
        as_of = format_date(row["as_of"]) if row["as_of"] else ""
        cells = [row["code"], row["name"], Text(words, style=style), as_of]
        cells += [_shown(row[name]) for name in _COUNTS]
        if is_wide:
            cells += [_shown(row[name]) for name in _RUN]
        table.add_row(*cells)
    out.print(table)
    for row in built.provinces:
        if row["reason"]:
            print_plain(f"{row['name']} ({row['code']}): {row['reason']}")
    _print_refused(built)


def _print_refused(built: NationalBuild) -> None:
    for row in built.problems:
        print_plain(f"  tỉnh {row['province']}, {row['mart']}: không dùng được: {row['reason']}")
    if built.differences:
        out.print("Số liệu không cộng vì tỉnh định nghĩa khác với cả nước:")
    for row in built.differences:
        figure = row.get("indicator_code") or row["plan_figure"]
        print_plain(
            f"  tỉnh {row['province']}, {figure}, {row['part']}: "
            f"cả nước: {row['national_definition'] or 'không có'}; "
            f"tỉnh: {row['province_definition'] or 'không có'}"
        )


def _in_words(row: NationalRow) -> str:
    state = ProvinceState(row["state"])
    words, _ = _STATES[state]
    if state is ProvinceState.STALE:
        as_of = format_date(row["as_of"])
        return f"{words}: số liệu đến {as_of}, {row['days_old']} ngày trước"
    if row["reason"]:
        return f"{words}: {row['reason']}"
    return words


def _shown(value: object) -> str:
    return "" if value is None else str(value)
