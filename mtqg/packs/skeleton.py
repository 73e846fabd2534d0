"""The files of a new province's pack, made from the sample pack and a draft of the province's units.

What a province must fill in itself stands there as a placeholder that says so, or as `unknown`.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from mtqg.packs.draft import draft_units
from mtqg.packs.national import calendar, capital, indicators, without_sample
from mtqg.packs.yaml_text import YamlText, items, pairs, quoted, scalar, without_comments
from program.configuration import read_text
from program.labels import fold
from program.unit_table import UnitKind, read_units


@dataclass(frozen=True, slots=True)
class _Province:
    """The new province as the draft of its units has it; a district and a commune of it serve as examples."""

    code: str
    name: str
    district: str
    district_name: str
    commune_name: str

    @property
    def in_a_sentence(self) -> str:
        """The name as it stands within a title: "tỉnh Hà Giang"."""
        return self.name[:1].lower() + self.name[1:]

    @property
    def office(self) -> str:
        """What every province has, whatever it is called there."""
        return f"Cơ quan công tác dân tộc {self.in_a_sentence}"

    @property
    def domain(self) -> str:
        """A domain that can never be real."""
        return f"{_slug(self.name)}.example"


def skeleton(sample: Path, code: str) -> dict[str, str]:
    """Return the text of each file of a new pack by its path below the folder, for the province that had `code`.

    Nothing is written. Raises AskedError where the units cannot be drafted: no such code, or no package for it.
    """
    units = draft_units(code)
    province = _province(code, units)
    of_sample = read_units(sample / "units.csv")
    sample_name = next(u.name for u in of_sample if u.kind is UnitKind.PROVINCE).removeprefix("Tỉnh ")
    files = {
        "units.csv": units,
        "program.yaml": without_sample(_program(read_text(sample / "program.yaml"), province), sample_name),
        "projects.yaml": without_sample(read_text(sample / "projects.yaml"), sample_name),
        "capital.yaml": capital(read_text(sample / "capital.yaml")),
        "indicators.yaml": indicators(read_text(sample / "indicators.yaml"), sample_name),
        "calendar.yaml": calendar(read_text(sample / "calendar.yaml"), sample_name),
        "contacts.yaml": _contacts(read_text(sample / "contacts.yaml"), province),
        "sources.yaml": _sources(read_text(sample / "sources.yaml"), province),
        "inbox/.gitkeep": "",
    }
    examples = sorted({u.name for u in of_sample if u.kind is UnitKind.COMMUNE}, key=len, reverse=True)
    for path in sorted((*sample.glob("forms/*/*.yaml"), *sample.glob("suites/**/*.yaml"))):
        text = read_text(path)
        # A hint gives a commune as an example: here one of the province's own.
        for name in examples:
            text = text.replace(name, province.commune_name)
        files[str(path.relative_to(sample))] = without_sample(text, sample_name)
    return files


def _province(code: str, units: str) -> _Province:
    rows = list(csv.DictReader(io.StringIO(units)))
    districts = [row for row in rows if row["kind"] == UnitKind.DISTRICT]
    communes = [row["name"] for row in rows if row["kind"] == UnitKind.COMMUNE]
    return _Province(
        code=code,
        name=next(row["name"] for row in rows if row["code"] == code),
        district=districts[0]["code"],
        district_name=districts[0]["name"],
        # The last ones are those of today.
        commune_name=next((name for name in reversed(communes) if name.startswith("Xã ")), communes[-1] if communes else ""),
    )


def _program(text: str, province: _Province) -> str:
    edit = YamlText(text)
    keys = pairs(edit.root)
    edit.put(keys["province"], quoted(province.code))
    edit.put(keys["office"], f"{quoted(province.office)}  # replace: the office's official name")
    edit.put(keys["site_title"], quoted(f"Theo dõi {scalar(edit.root, 'short_name')} – {province.in_a_sentence}"))
    if "notice" in keys:
        edit.drop(*keys["notice"])
    return edit.text()


def _contacts(text: str, province: _Province) -> str:
    edit = YamlText(text)
    keys = pairs(edit.root)
    posts = {
        "office": (province.office, "tong-hop"),
        "leader": (f"Lãnh đạo {province.office[:1].lower()}{province.office[1:]}", "lanh-dao"),
        "engineer": (f"Kỹ sư dữ liệu của {province.in_a_sentence}", "ky-su-du-lieu"),
    }
    lines = "".join(f"{post}:\n  name: {quoted(name)}\n  email: {box}@{province.domain}\n" for post, (name, box) in posts.items())
    return (
        "# Whom to write to. Every name and address here is a placeholder: the domain .example can never be real.\n"
        f"# Replace each of them before any mail is sent.\n{lines}"
        f"# Which verdicts are worth a mail to the sender.\n{edit.part(keys['notify'])}"
        f"# Whom a late report is brought to: a proposal.\n{edit.part(keys['escalation'])}{edit.part(keys['escalation_source'])}"
        f"# When mails go out, and who is reminded: a proposal (docs/mail.md).\n{edit.part(keys['mailing'])}"
        "# One entry a unit that sends reports; until it has one, the office gets its mails. `mtqg pack check` lists them.\n"
        f'# "{province.district}": {{name: "Phòng Dân tộc …", email: dan-toc@{_slug(province.district_name)}.example}}\n'
        "units: {}\n"
    )


def _sources(text: str, province: _Province) -> str:
    edit = YamlText(text)
    for source in items(pairs(edit.root)["sources"]):
        if scalar(source, "kind") == "folder":
            edit.put(pairs(source)["url"], "inbox")
    example = f"{province.district}-{_slug(province.district_name)}"
    about = (
        "# Where deliveries come from. The folder, relative to this pack, has one sub-folder a sender, its name beginning\n"
        f"# with the unit's code: {example}/….xlsx. MTQG_INBOX_URL replaces it (any fsspec URL).\n"
        "# The portal (docs/portal.md) is asked only where MTQG_PORTAL_URL is set.\n"
    )
    return about + without_comments(edit.text(), lambda _: "")


def _slug(name: str) -> str:
    """Return a unit's name without its type, as a part of an address: "Huyện Châu Thành" is chau-thanh."""
    return fold(re.sub(r"^(Tỉnh|Thành phố|Thủ đô|Huyện|Thị xã|Quận|Xã|Phường|Thị trấn) ", "", name)).replace(" ", "-")
