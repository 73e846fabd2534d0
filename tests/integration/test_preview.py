"""The sample mails: each kind is the reviewed one (golden files), and any pack has them."""

from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from connectors.mails.headers import readable_value
from mtqg.mails.sample_words import words_of
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from publish.preview.writing import write_previews

GOLDEN = Path(__file__).parents[1] / "golden" / "mails"
TODAY = date(2025, 1, 20)
KINDS = [
    "due-soon",
    "due-today",
    "late",
    "late-to-office",
    "late-to-leader",
    "received",
    "needs-fixing",
    "not-read",
    "several",
    "too-large",
    "in-part",
    "please-check",
    "to-compare",
    "still-open",
    "explained",
    "not-accepted",
    "explanation-accepted",
    "all-clear",
    "waived",
    "morning",
    "digest",
    "alarm",
]


@pytest.fixture(scope="module")
def folder(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    write_previews(pack, TODAY, folder, words_of(pack))
    return folder


@pytest.mark.parametrize(("number", "kind"), list(enumerate(KINDS, start=1)), ids=KINDS)
def test_the_mail_is_the_reviewed_one(
    folder: Path, number: int, kind: str, request: pytest.FixtureRequest
) -> None:
    mail = message_from_bytes(
        (folder / f"{number:02}-{kind}.eml").read_bytes(), policy=policy.default
    )
    text = (folder / f"{number:02}-{kind}.txt").read_text(encoding="utf-8")
    found = f"To: {mail['To']}\nSubject: {mail['Subject']}\n\n{text.rstrip()}\n"
    golden = GOLDEN / f"{kind}.txt"
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_a_receiver_s_long_name_is_shown_as_it_stands_in_the_pack(
    pack: Pack, tmp_path: Path
) -> None:
    # A header holds it as two encoded words, of which the second begins with a space.
    name = "Phòng Nghiệp vụ, Ban Dân tộc tỉnh Sóc Trăng"
    contacts = pack.correspondence
    leader = contacts.leader.model_copy(update={"name": name})
    correspondence = contacts.model_copy(update={"leader": leader})
    renamed = replace(pack, correspondence=correspondence)
    write_previews(renamed, TODAY, tmp_path, words_of(renamed))
    (path,) = tmp_path.glob("*-late-to-leader.eml")
    sent = readable_value(message_from_bytes(path.read_bytes()), "To")
    assert sent == f"{name} <{leader.email}>"
    assert name in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_nothing_but_these_kinds_is_written_and_the_index_leads_to_each(folder: Path) -> None:
    assert sorted(path.name for path in folder.glob("*.eml")) == [
        f"{n:02}-{kind}.eml" for n, kind in enumerate(KINDS, start=1)
    ]
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert all(
        f'href="{path.name}"' in index for path in folder.iterdir() if path.name != "index.html"
    )


def test_a_mail_with_findings_has_the_marked_workbook_and_a_reminder_the_blank_one(
    folder: Path,
) -> None:
    attached = {
        path.stem.partition("-")[2]: [
            part.get_filename()
            for part in message_from_bytes(
                path.read_bytes(), policy=policy.default
            ).iter_attachments()
        ]
        for path in folder.glob("*.eml")
        if path.stem.partition("-")[2] not in ("digest", "alarm")
    }
    marked = ["Báo cáo 2024-Q1 (đã đánh dấu).xlsx"]
    with_workbook = {
        "needs-fixing",
        "several",
        "in-part",
        "please-check",
        "to-compare",
        "still-open",
        "not-accepted",
    }
    blank = ["941-2024-Q1-bao-cao-dao-tao-tap-huan.xlsx"]
    expected: dict[str, list[str]] = {kind: [] for kind in attached}
    expected |= dict.fromkeys(with_workbook, marked)
    # An office and a leader fill in nothing.
    expected |= dict.fromkeys(("due-soon", "due-today", "late"), blank)
    expected["morning"] = ["danh-sach-don-doc.xlsx", "tom-tat.docx", "cong-van-don-doc.docx"]
    assert attached == expected


def test_the_same_pack_and_day_give_the_same_files(
    pack: Pack, folder: Path, tmp_path: Path
) -> None:
    for path in write_previews(pack, TODAY, tmp_path, words_of(pack)):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_the_words_blame_nobody(folder: Path) -> None:
    words = " ".join(path.read_text(encoding="utf-8").casefold() for path in folder.glob("*.txt"))
    assert not [
        word
        for word in (
            "vi phạm",
            "sai phạm",
            "yêu cầu giải trình",
            "lỗi của đơn vị",
            "chậm trễ",
            "phải ngay",
        )
        if word in words
    ]


def test_another_province_sees_its_own_offices_and_forms(tmp_path: Path) -> None:
    pack = load_pack(ROOT / "config" / "example-province")
    write_previews(pack, TODAY, tmp_path, words_of(pack))
    text = (tmp_path / "07-needs-fixing.txt").read_text(encoding="utf-8")
    assert "UBND xã Một" in text
    assert "Hạn gửi báo cáo: 15/07/2024 (còn 2 ngày làm việc)" in text
    assert "Sóc Trăng" not in text
    assert "Hệ thống kiểm tra vào mỗi đêm." in text  # its calendar declares no intake
