"""The files of a new province's pack, made from the sample pack and a draft of its units.

What the province must fill in is a placeholder that says so, or `unknown`.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from mtqg.packs.draft import draft_units
from mtqg.packs.edit_yaml import quoted, read_yaml, without_comments, write_yaml
from mtqg.packs.national_parts import calendar, capital, indicators, without_sample
from program.labels import fold
from program.pack.load import layout_files
from program.pack.yaml_file import read_text
from program.units.unit import UnitKind, read_units

_TYPES = re.compile(r"^(Tỉnh|Thành phố|Thủ đô|Huyện|Thị xã|Quận|Xã|Phường|Thị trấn) ")


@dataclass(frozen=True, slots=True)
class _Province:
    """The new province, with one of its districts and one of its communes for examples."""

    code: str
    name: str
    district: str
    district_name: str
    commune_name: str

    @property
    def in_a_sentence(self) -> str:
        """The name as it is written within a title: "tỉnh Hà Giang"."""
        return _lower_first(self.name)

    @property
    def office(self) -> str:
        """The name of the office that every province has; its official name may differ."""
        return f"Cơ quan công tác dân tộc {self.in_a_sentence}"

    @property
    def domain(self) -> str:
        """A mail domain that can never be real."""
        return f"{_slug(self.name)}.example"


def skeleton(sample: Path, code: str) -> dict[str, str]:
    """Return the text of each file of a new pack, by its path below the pack's folder.

    `code` is the province's code until June 2025. Nothing is written. Raises UsageError if
    the units cannot be drafted: no such code, or the package is not installed.
    """
    units = draft_units(code)
    province = _province(code, units)
    sample_units = list(read_units(sample / "units.csv"))
    sample_province = next(unit for unit in sample_units if unit.kind is UnitKind.PROVINCE)
    sample_name = sample_province.name.removeprefix("Tỉnh ")

    def text_of(name: str) -> str:
        return read_text(sample / name)

    program = _program(text_of("program.yaml"), province)
    files = {
        "units.csv": units,
        "program.yaml": without_sample(program, sample_name),
        "projects.yaml": without_sample(text_of("projects.yaml"), sample_name),
        "capital.yaml": capital(text_of("capital.yaml")),
        "indicators.yaml": indicators(text_of("indicators.yaml"), sample_name),
        "calendar.yaml": calendar(text_of("calendar.yaml"), sample_name),
        "contacts.yaml": _contacts(text_of("contacts.yaml"), province),
        "sources.yaml": _sources(text_of("sources.yaml"), province),
        # Git keeps no empty folder.
        "inbox/.gitkeep": "",
    }
    communes = {unit.name for unit in sample_units if unit.kind is UnitKind.COMMUNE}
    # One name may contain another: the longest first.
    examples = sorted(communes, key=len, reverse=True)
    copied = [*layout_files(sample), *sample.glob("suites/**/*.yaml")]
    for path in sorted(copied):
        text = read_text(path)
        # Hints name a commune of the sample as an example; the new pack names one of its own.
        for name in examples:
            text = text.replace(name, province.commune_name)
        relative = path.relative_to(sample)
        files[str(relative)] = without_sample(text, sample_name)
    return files


def _province(code: str, units: str) -> _Province:
    table = csv.DictReader(io.StringIO(units))
    rows = list(table)
    province = next(row for row in rows if row["code"] == code)
    district = next(row for row in rows if row["kind"] == UnitKind.DISTRICT)
    communes = [row["name"] for row in rows if row["kind"] == UnitKind.COMMUNE]
    # The last rows are today's communes. A rural one (Xã) is the best example.
    rural = [name for name in communes if name.startswith("Xã ")]
    candidates = rural or communes or [""]
    return _Province(
        code=code,
        name=province["name"],
        district=district["code"],
        district_name=district["name"],
        commune_name=candidates[-1],
    )


def _program(text: str, province: _Province) -> str:
    content = read_yaml(text)
    title = f"Theo dõi {content['short_name']} – {province.in_a_sentence}"
    content["province"] = quoted(province.code)
    content["office"] = quoted(province.office)
    content["site_title"] = quoted(title)
    content.pop("notice", None)
    content.yaml_add_eol_comment("replace: the office's official name", "office")
    return write_yaml(content)


def _contacts(text: str, province: _Province) -> str:
    content = read_yaml(text)

    def part(*keys: str) -> str:
        kept = write_yaml({key: content[key] for key in keys})
        return without_comments(kept, lambda _: "")

    leader = f"Lãnh đạo {_lower_first(province.office)}"
    engineer = f"Kỹ sư dữ liệu của {province.in_a_sentence}"
    example_email = f"dan-toc@{_slug(province.district_name)}.example"
    parts = (
        "# Whom to write to. Every name and address here is a placeholder: "
        "the domain .example can never be real.\n"
        "# Replace each of them before any mail is sent.\n",
        _post("office", province.office, f"tong-hop@{province.domain}"),
        _post("leader", leader, f"lanh-dao@{province.domain}"),
        _post("engineer", engineer, f"ky-su-du-lieu@{province.domain}"),
        "# Which verdicts are worth a mail to the sender.\n",
        part("notify"),
        "# To whom a late report is escalated: a proposal.\n",
        part("escalation", "escalation_source"),
        "# When mails go out, and who is reminded: a proposal (docs/mail.md).\n",
        part("mailing"),
        "# One entry for each unit that sends reports; until it has one, the office gets its "
        "mails. `mtqg pack check` lists them.\n",
        f'# "{province.district}": {{name: "Phòng Dân tộc …", email: {example_email}}}\n',
        "units: {}\n",
    )
    return "".join(parts)


def _post(key: str, name: str, email: str) -> str:
    return write_yaml({key: {"name": quoted(name), "email": email}})


def _sources(text: str, province: _Province) -> str:
    content = read_yaml(text)
    for source in content["sources"]:
        if source["kind"] == "folder":
            source["url"] = "inbox"
        # Letters name it as the address for answers, so only a real one may stand there.
        source.pop("address", None)
    example = f"{province.district}-{_slug(province.district_name)}"
    about = (
        "# Where deliveries come from. The folder, relative to this pack, has one sub-folder for "
        "each sender, whose name begins\n"
        f"# with the unit's code: {example}/….xlsx. MTQG_INBOX_URL replaces it.\n"
        "# Folders on other machines, and their options: docs/sources-of-deliveries.md.\n"
        "# The portal (docs/portal.md) is used only where MTQG_PORTAL_URL is set, the mailbox only "
        "where MTQG_MAILBOX_URL is.\n"
        "# `address: …` there has letters ask for the answer by mail.\n"
    )
    return about + without_comments(write_yaml(content), lambda _: "")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _slug(name: str) -> str:
    """Return a unit's name as a part of an address: "Huyện Châu Thành" is chau-thanh."""
    return fold(_TYPES.sub("", name)).replace(" ", "-")
