"""Which parts of the sample's files a new pack takes over: the national data, not the sample's.

The files are edited as text, so that they stay readable. Their comments describe both kinds of
data. Files with figures keep only their headings; the others lose the comments about the sample.
"""

import re

import yaml

from mtqg.packs.yaml_text import YamlText, items, pairs, quoted, scalar, without_comments

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
    "# What the program is judged by: the national list, and what the forms give. "
    "The province adds its own indicators\n"
    "# and targets (scope: province), and edits this list.\n"
)
_CITES_A_SOURCE = re.compile(r"\bS\d+\b")
_OF_THE_PUBLISHED_REPORT = re.compile(r"\bS0\b")


def without_sample(text: str, *words: str) -> str:
    """Return a file with national data, without the comments that contain one of `words`."""

    def keep_national(block: str) -> str:
        return "" if any(word in block for word in words) else block

    return without_comments(text, keep_national)


def capital(text: str) -> str:
    """Return `capital.yaml` with the national amounts only."""
    edit = YamlText(text)
    for stream in items(pairs(edit.root)["capital_sources"]):
        _keep_national(edit, stream, "amounts")
    return _ABOUT_CAPITAL + _TAGS + without_comments(edit.text(), headings)


def indicators(text: str, sample: str) -> str:
    """Return `indicators.yaml` without the sample's targets, baselines and published figures.

    An indicator of the sample alone stays where a form feeds it, marked as one to be verified.
    """
    edit = YamlText(text)
    for indicator in items(pairs(edit.root)["indicators"]):
        _edit_indicator(edit, indicator, sample)
    return _ABOUT_INDICATORS + _TAGS + without_comments(edit.text(), headings)


def calendar(text: str, sample: str) -> str:
    """Return `calendar.yaml` with the same duties, and each deadline marked as unknown."""
    edit = YamlText(text)
    for duty in items(pairs(edit.root)["duties"]):
        keys = pairs(duty)
        due = keys["due"][1]
        if not (scalar(due, "source") or "").startswith("unknown"):
            source = "unknown: as in the sample pack; the province sets it"
            edit.put(pairs(due)["source"], quoted(source))
        if _OF_THE_PUBLISHED_REPORT.search(scalar(duty, "source") or ""):
            source = "as in the sample pack; whether the province asks for it is unknown"
            edit.put(keys["source"], quoted(source))
    return without_sample(edit.text(), sample, "published")


def headings(block: str) -> str:
    """Return the lines of a comment block that are section headings."""
    lines = block.splitlines(keepends=True)
    return "".join(line for line in lines if line.lstrip().startswith("# ----"))


def _edit_indicator(edit: YamlText, indicator: yaml.Node, sample: str) -> None:
    keys = pairs(indicator)
    is_of_sample = sample in (scalar(indicator, "source") or "")
    if is_of_sample and "form" not in keys:
        edit.drop(indicator, indicator)
        return
    if is_of_sample:
        edit.put(keys["tag"], "B")
        edit.put(keys["source"], quoted(_TAKEN_OVER))
    # A note that cites a source gives a figure of the sample. The others explain the formula.
    if _CITES_A_SOURCE.search(scalar(indicator, "note") or ""):
        edit.drop(*keys["note"])
    if "baseline" in keys and scalar(keys["baseline"][1], "scope") == "province":
        edit.put(keys["baseline"], "unknown")
    _keep_national(edit, indicator, "targets")


def _keep_national(edit: YamlText, entry: yaml.Node, key: str) -> None:
    """Drop the province's items of a list. The list becomes `unknown` where none is left."""
    pair = pairs(entry).get(key)
    if pair is None:
        return
    all_items = items(pair)
    provincial = [item for item in all_items if scalar(item, "scope") == "province"]
    if provincial and len(provincial) == len(all_items):
        edit.put(pair, "unknown")
        return
    for item in provincial:
        edit.drop(item, item)
