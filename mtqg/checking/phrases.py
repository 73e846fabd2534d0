"""The words of `mtqg check` around the findings, in both languages.

The words of the findings themselves are in `expectations/suites/`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from expectations.rules.rule_set import Language
from mtqg.checking.files import LeftOut, Reason
from mtqg.checking.verdicts import FailureKind
from program.finding import Severity
from program.submission import Verdict

_NAMED = 3
"""How many of the files that are left out are named."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language. `format` fills in their placeholders."""

    verdicts: Mapping[Verdict, str]
    in_part: str
    short_verdicts: Mapping[Verdict, str]
    severities: Mapping[Severity, str]
    failures: Mapping[FailureKind, str]
    reasons: Mapping[Reason, str]
    headings: tuple[str, str, str, str]
    checking: str
    form: str
    unit: str
    period: str
    whole_file: str
    sheet: str
    cell: str
    value: str
    fix: str
    others: str
    more: str
    notes: str
    report_no: str
    total: str
    marked: str
    unmarked: str
    compared: str
    not_compared: str

    def left_out(self, left_out: Sequence[LeftOut]) -> Iterator[str]:
        """Yield a line for each reason why files are left out, with some of their names."""
        by_reason: dict[Reason, list[str]] = defaultdict(list)
        for entry in left_out:
            by_reason[entry.reason].append(entry.path.name)
        for reason, names in by_reason.items():
            named = names[:_NAMED]
            if len(names) > _NAMED:
                named.append("…")
            yield self.reasons[reason].format(count=len(names), names=", ".join(named))


_VIETNAMESE = Phrases(
    verdicts={
        Verdict.ACCEPTED: "ĐẠT: số liệu sẽ được ghi.",
        Verdict.ACCEPTED_WITH_WARNINGS: (
            "ĐẠT, CÓ LƯU Ý: số liệu sẽ được ghi; xin kiểm tra lại các chỗ dưới đây."
        ),
        Verdict.QUARANTINED: "CẦN SỬA: số liệu chưa được ghi.",
        Verdict.UNREADABLE: "KHÔNG ĐỌC ĐƯỢC: xin gửi lại.",
    },
    in_part="ĐẠT MỘT PHẦN: các dòng có lỗi dưới đây không được ghi, những dòng khác sẽ được ghi.",
    short_verdicts={verdict: verdict.label for verdict in Verdict},
    severities={Severity.CRITICAL: "lỗi", Severity.WARNING: "lưu ý", Severity.INFO: "ghi chú"},
    failures={
        FailureKind.MISSING: (
            "KHÔNG ĐỌC ĐƯỢC: không có tệp này; có thể tệp vừa bị xóa hoặc tên bị gõ sai."
        ),
        FailureKind.LINK: "KHÔNG ĐỌC ĐƯỢC: đây là đường dẫn tắt tới một tệp không còn nữa.",
        FailureKind.PERMISSION: "KHÔNG ĐỌC ĐƯỢC: máy này không có quyền mở tệp hoặc thư mục này.",
        FailureKind.SPECIAL: "KHÔNG ĐỌC ĐƯỢC: đây không phải là một tệp thường.",
        FailureKind.SYSTEM: "KHÔNG ĐỌC ĐƯỢC: máy không mở được tệp ({detail}).",
        FailureKind.PROGRAM: (
            "KHÔNG KIỂM TRA ĐƯỢC: lỗi của chương trình, không phải của tệp ({detail}). Xin báo "
            "cho kỹ sư dữ liệu."
        ),
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
    sheet='Trang tính "{sheet}"',
    cell="ô {cell}",
    value="đang ghi: {value}",
    fix="Cách sửa: {text}",
    others="và {count} ô khác: {cells}",
    more="… (xem đủ bằng --all)",
    notes="Ngoài ra có {count} ghi chú không cần xử lý (xem bằng --all).",
    report_no="báo cáo thứ {number} trong tệp",
    total="{count} tệp: {verdicts}",
    marked="Tệp đã đánh dấu: {path}",
    unmarked="Không đánh dấu được {name}: {reason}",
    compared="Có so sánh với các báo cáo trước trong kho dữ liệu.",
    not_compared=(
        "Không so sánh với các kỳ trước trong kho dữ liệu: máy này chưa có kho, hoặc kho không "
        "mở được."
    ),
)
_ENGLISH = Phrases(
    verdicts={
        Verdict.ACCEPTED: "ACCEPTED: the figures will be recorded.",
        Verdict.ACCEPTED_WITH_WARNINGS: (
            "ACCEPTED WITH WARNINGS: the figures will be recorded; please check the places below."
        ),
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
        FailureKind.MISSING: (
            "UNREADABLE: there is no such file; it may have been deleted just now, or the name "
            "is mistyped."
        ),
        FailureKind.LINK: "UNREADABLE: this is a link to a file that is no longer there.",
        FailureKind.PERMISSION: "UNREADABLE: permission to open this file or folder is missing.",
        FailureKind.SPECIAL: "UNREADABLE: this is no ordinary file.",
        FailureKind.SYSTEM: "UNREADABLE: the file could not be opened ({detail}).",
        FailureKind.PROGRAM: (
            "NOT CHECKED: a fault of the program, not of the file ({detail}). Please tell the "
            "data engineer."
        ),
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
    value="it says: {value}",
    fix="To fix it: {text}",
    others="and in other cells ({count}): {cells}",
    more="… (all of them with --all)",
    notes="Notes that ask for nothing: {count} (--all shows them).",
    report_no="report {number} in the file",
    total="{count} files: {verdicts}",
    marked="marked: {path}",
    unmarked="not marked: {name}: {reason}",
    compared="Compared with earlier reports in the warehouse.",
    not_compared=(
        "Not compared with earlier periods: there is no warehouse here, or it cannot be opened."
    ),
)
PHRASES: Mapping[Language, Phrases] = {"vi": _VIETNAMESE, "en": _ENGLISH}
