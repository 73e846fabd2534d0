"""What `mtqg check` says around the findings, in both languages; the findings' own words are in `expectations/suites/`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from expectations.rules import Language
from mtqg.checking.files import LeftOut, Reason
from program.finding import Severity
from program.submission import Verdict

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language. Placeholders are filled with `format`."""

    verdicts: Mapping[Verdict, str]
    in_part: str
    short_verdicts: Mapping[Verdict, str]
    severities: Mapping[Severity, str]
    failures: Mapping[str, str]
    reasons: Mapping[Reason, str]
    headings: tuple[str, str, str, str]
    checking: str
    form: str
    unit: str
    period: str
    whole_file: str
    sheet: str
    cell: str
    stands: str
    expected: str
    fix: str
    others: str
    more: str
    notes: str
    part: str
    total: str
    marked: str
    unmarked: str
    compared: str
    not_compared: str

    def left_out(self, left_out: Sequence[LeftOut]) -> Iterator[str]:
        """Yield a line for each reason why files were left out, with their number and some of their names."""
        by_reason: dict[Reason, list[str]] = defaultdict(list)
        for out in left_out:
            by_reason[out.reason].append(out.path.name)
        for reason, names in by_reason.items():
            more = ", …" if len(names) > _NAMED else ""
            yield self.reasons[reason].format(count=len(names), names=", ".join(names[:_NAMED]) + more)


_VIETNAMESE = Phrases(
    verdicts={
        Verdict.ACCEPTED: "ĐẠT: số liệu sẽ được ghi.",
        Verdict.ACCEPTED_WITH_WARNINGS: "ĐẠT, CÓ LƯU Ý: số liệu sẽ được ghi; xin kiểm tra lại các chỗ dưới đây.",
        Verdict.QUARANTINED: "CẦN SỬA: số liệu chưa được ghi.",
        Verdict.UNREADABLE: "KHÔNG ĐỌC ĐƯỢC: xin gửi lại.",
    },
    in_part="ĐẠT MỘT PHẦN: các dòng có lỗi dưới đây không được ghi, những dòng khác sẽ được ghi.",
    short_verdicts={
        Verdict.ACCEPTED: "đạt",
        Verdict.ACCEPTED_WITH_WARNINGS: "đạt, có lưu ý",
        Verdict.QUARANTINED: "cần sửa",
        Verdict.UNREADABLE: "không đọc được",
    },
    severities={Severity.CRITICAL: "lỗi", Severity.WARNING: "lưu ý", Severity.INFO: "ghi chú"},
    failures={
        "missing": "KHÔNG ĐỌC ĐƯỢC: không có tệp này; có thể tệp vừa bị xóa hoặc tên bị gõ sai.",
        "link": "KHÔNG ĐỌC ĐƯỢC: đây là đường dẫn tắt tới một tệp không còn nữa.",
        "permission": "KHÔNG ĐỌC ĐƯỢC: máy này không có quyền mở tệp hoặc thư mục này.",
        "special": "KHÔNG ĐỌC ĐƯỢC: đây không phải là một tệp thường.",
        "system": "KHÔNG ĐỌC ĐƯỢC: máy không mở được tệp ({detail}).",
        "program": "KHÔNG KIỂM TRA ĐƯỢC: lỗi của chương trình, không phải của tệp ({detail}). Xin báo cho kỹ sư dữ liệu.",
    },
    reasons={
        Reason.UNFINISHED: "Bỏ qua {count} tệp tạm hoặc tệp ẩn: {names}",
        Reason.NO_WORKBOOK: "Bỏ qua {count} tệp không phải bảng tính: {names}",
        Reason.LINK: "Bỏ qua {count} đường dẫn tắt tới thư mục khác: {names}",
    },
    headings=("tệp", "kết quả", "lỗi", "lưu ý"),
    checking="Đang kiểm tra",
    form="không rõ biểu mẫu",
    unit="đơn vị chưa xác định",
    period="kỳ chưa xác định",
    whole_file="Cả tệp",
    sheet='Trang "{sheet}"',
    cell="ô {cell}",
    stands="đang ghi: {value}",
    expected="Cần là: {text}",
    fix="Cách sửa: {text}",
    others="và {count} ô khác: {cells}",
    more="… (xem đủ bằng --all)",
    notes="Ngoài ra có {count} ghi chú không cần xử lý (xem bằng --all).",
    part="báo cáo thứ {number} trong tệp",
    total="{count} tệp: {verdicts}",
    marked="Tệp đã đánh dấu: {path}",
    unmarked="Không đánh dấu được {name}: {reason}",
    compared="Có so sánh với các báo cáo trước trong kho dữ liệu.",
    not_compared="Không so sánh với các kỳ trước trong kho dữ liệu: máy này chưa có kho, hoặc kho không mở được.",
)
_ENGLISH = Phrases(
    verdicts={
        Verdict.ACCEPTED: "ACCEPTED: the figures will be recorded.",
        Verdict.ACCEPTED_WITH_WARNINGS: "ACCEPTED WITH WARNINGS: the figures will be recorded; please check the places below.",
        Verdict.QUARANTINED: "TO BE CORRECTED: the figures are not recorded.",
        Verdict.UNREADABLE: "UNREADABLE: please send it again.",
    },
    in_part="ACCEPTED IN PART: lines with errors will not be recorded, the others will.",
    short_verdicts={
        Verdict.ACCEPTED: "accepted",
        Verdict.ACCEPTED_WITH_WARNINGS: "accepted with warnings",
        Verdict.QUARANTINED: "to be corrected",
        Verdict.UNREADABLE: "unreadable",
    },
    severities={Severity.CRITICAL: "error", Severity.WARNING: "warning", Severity.INFO: "note"},
    failures={
        "missing": "UNREADABLE: there is no such file; it may have been deleted just now, or the name is mistyped.",
        "link": "UNREADABLE: this is a link to a file that is no longer there.",
        "permission": "UNREADABLE: permission to open this file or folder is missing.",
        "special": "UNREADABLE: this is no ordinary file.",
        "system": "UNREADABLE: the file could not be opened ({detail}).",
        "program": "NOT CHECKED: a fault of the program, not of the file ({detail}). Please tell the data engineer.",
    },
    reasons={
        Reason.UNFINISHED: "left out, temporary or hidden ({count}): {names}",
        Reason.NO_WORKBOOK: "left out, no workbook ({count}): {names}",
        Reason.LINK: "left out, a link to another folder ({count}): {names}",
    },
    headings=("file", "verdict", "errors", "warnings"),
    checking="Checking",
    form="form unknown",
    unit="unit unknown",
    period="period unknown",
    whole_file="The file as a whole",
    sheet='Sheet "{sheet}"',
    cell="cell {cell}",
    stands="it says: {value}",
    expected="Expected: {text}",
    fix="To fix it: {text}",
    others="and in other cells ({count}): {cells}",
    more="… (all of them with --all)",
    notes="Notes that ask for nothing: {count} (--all shows them).",
    part="report {number} in the file",
    total="{count} files: {verdicts}",
    marked="marked: {path}",
    unmarked="not marked: {name}: {reason}",
    compared="Compared with earlier reports in the warehouse.",
    not_compared="Not compared with earlier periods: there is no warehouse here, or it cannot be opened.",
)
PHRASES: Mapping[Language, Phrases] = {"vi": _VIETNAMESE, "en": _ENGLISH}
