"""Which parts of the sample's files a new pack takes over: the national data, not the sample's.

The files stay readable: their order, quotes and section headings are kept. Their comments describe
both kinds of data. Files with figures lose them; the others lose those about the sample.
"""

import re
from typing import Any

from mtqg.packs.edit_yaml import quoted, read_yaml, without_comments, write_yaml

_TAKEN_OVER = (
    "an indicator of the sample pack, not seen for this province: verify before official use"
)
_TAGS = (
    "# tag: C confirmed, C- partly, D derived, B background (verify before official use), "
    "U unknown; S…: docs/sources.md\n"
)
_ABOUT_CAPITAL = (
    "# Streams of capital (nguồn vốn) and national amounts, in whole đồng. "
    "The province adds its own (scope: province).\n"
)
_ABOUT_INDICATORS = (
    "# What the program is measured by: the national list, and what the forms give. "
    "The province adds its own indicators\n"
    "# and targets (scope: province), and edits this list.\n"
)
_HEADING = re.compile(r"\s*# (?P<heading>----.*)")
_CODE = re.compile(r"\s*- code: (?P<code>\S+)")
_CITES_A_SOURCE = re.compile(r"\bS\d+\b")
_OF_THE_PUBLISHED_REPORT = re.compile(r"\bS0\b")


def without_sample(text: str, *words: str) -> str:
    """Return a file with national data, without the comments that contain one of `words`."""

    def keep_national(block: str) -> str:
        return "" if any(word in block for word in words) else block

    return without_comments(text, keep_national)


def capital(text: str) -> str:
    """Return `capital.yaml` with the national amounts only."""
    content = read_yaml(without_comments(text, _none))
    for stream in content["capital_sources"]:
        _keep_national(stream, "amounts")
    return _ABOUT_CAPITAL + _TAGS + write_yaml(content)


def indicators(text: str, sample: str) -> str:
    """Return `indicators.yaml` without the sample's targets, baselines and published figures.

    An indicator of the sample alone stays where a form feeds it, marked as one to be verified.
    """
    content = read_yaml(without_comments(text, _none))
    listed = content["indicators"]
    # From the end: a deletion moves the entries after it.
    for position in reversed(range(len(listed))):
        if _is_of_sample(listed[position], sample) and "form" not in listed[position]:
            del listed[position]
    for indicator in listed:
        _edit_indicator(indicator, sample)
    _head_sections(listed, _sections(text))
    return _ABOUT_INDICATORS + _TAGS + write_yaml(content)


def calendar(text: str, sample: str) -> str:
    """Return `calendar.yaml` with the same duties, and each deadline marked as unknown."""
    content = read_yaml(text)
    for duty in content["duties"]:
        due = duty["due"]
        if not str(due.get("source", "")).startswith("unknown"):
            due["source"] = quoted("unknown: as in the sample pack; the province sets it")
        if _OF_THE_PUBLISHED_REPORT.search(str(duty.get("source", ""))):
            source = "as in the sample pack; whether the province asks for it is unknown"
            duty["source"] = quoted(source)
    return without_sample(write_yaml(content), sample, "published")


def _none(_block: str) -> str:
    return ""


def _sections(text: str) -> dict[str, str]:
    """Return the section heading above each indicator, by its code."""
    sections: dict[str, str] = {}
    heading = ""
    for line in text.splitlines():
        if headed := _HEADING.match(line):
            heading = headed["heading"]
        elif coded := _CODE.match(line):
            sections[coded["code"]] = heading
    return sections


def _head_sections(listed: Any, sections: dict[str, str]) -> None:
    """Put each section's heading above the first indicator of it that is still listed."""
    last = ""
    for position, indicator in enumerate(listed):
        heading = sections[indicator["code"]]
        if heading != last:
            listed.yaml_set_comment_before_after_key(position, before=heading, indent=2)
        last = heading


def _is_of_sample(indicator: Any, sample: str) -> bool:
    return sample in str(indicator.get("source", ""))


def _edit_indicator(indicator: Any, sample: str) -> None:
    if _is_of_sample(indicator, sample):
        indicator["tag"] = "B"
        indicator["source"] = quoted(_TAKEN_OVER)
    # A note that cites a source gives a figure of the sample. The others explain the formula.
    if _CITES_A_SOURCE.search(str(indicator.get("note", ""))):
        del indicator["note"]
    baseline = indicator.get("baseline")
    if isinstance(baseline, dict) and baseline.get("scope") == "province":
        indicator["baseline"] = "unknown"
    _keep_national(indicator, "targets")


def _keep_national(entry: Any, key: str) -> None:
    """Drop the province's items of a list. The list becomes `unknown` where none is left."""
    listed = entry.get(key)
    if not isinstance(listed, list):
        return
    provincial = [at for at, item in enumerate(listed) if item.get("scope") == "province"]
    if provincial and len(provincial) == len(listed):
        entry[key] = "unknown"
        return
    for position in reversed(provincial):
        del listed[position]
