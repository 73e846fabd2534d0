"""What a new pack takes over from the sample's files: the national facts stay, the sample province's own go.

The files are changed as text, so that they stay readable. Comments tell of both at once: of files with figures only the
headings stay, of the others every block that does not speak of the sample.
"""

import re

import yaml

from mtqg.packs.yaml_text import YamlText, items, pairs, quoted, scalar, without_comments

_TAKEN_OVER = "an indicator of the sample pack, not seen for this province: verify before official use"
_TAGS = "# tag: C confirmed, C- partly, D derived, B background (verify before official use), U unknown; S…: docs/sources.md\n"
_CITES_A_SOURCE = re.compile(r"\bS\d+\b")
_OF_THE_PUBLISHED_REPORT = re.compile(r"\bS0\b")


def without_sample(text: str, *words: str) -> str:
    """Return a file whose facts are all national, without the comments that speak of the sample by one of `words`."""
    return without_comments(text, lambda block: "" if any(word in block for word in words) else block)


def capital(text: str) -> str:
    """Return `capital.yaml` with the national amounts alone."""
    edit = YamlText(text)
    for stream in items(pairs(edit.root)["capital_sources"]):
        _keep_national(edit, stream, "amounts")
    about = "# Streams of capital (nguồn vốn) and national amounts, in whole đồng. The province adds its own (scope: province).\n"
    return about + _TAGS + without_comments(edit.text(), headings)


def indicators(text: str, sample: str) -> str:
    """Return `indicators.yaml` without the sample's targets, baselines and published figures.

    An indicator that only the sample was seen to have stays where a form feeds it, as one to be verified.
    """
    edit = YamlText(text)
    for indicator in items(pairs(edit.root)["indicators"]):
        _indicator(edit, indicator, sample)
    about = "# What the program is judged by: the national list, and what the forms give. The province adds its own indicators\n"
    about += "# and targets (scope: province), and edits this list.\n"
    return about + _TAGS + without_comments(edit.text(), headings)


def calendar(text: str, sample: str) -> str:
    """Return `calendar.yaml` with the same duties, each deadline marked as unknown."""
    edit = YamlText(text)
    for duty in items(pairs(edit.root)["duties"]):
        keys = pairs(duty)
        due = keys["due"][1]
        if not (scalar(due, "source") or "").startswith("unknown"):
            edit.put(pairs(due)["source"], quoted("unknown: as in the sample pack; the province sets it"))
        if _OF_THE_PUBLISHED_REPORT.search(scalar(duty, "source") or ""):
            edit.put(keys["source"], quoted("as in the sample pack; whether the province asks for it is unknown"))
    return without_sample(edit.text(), sample, "published")


def headings(block: str) -> str:
    """Return the lines of a block of comments that head a section."""
    return "".join(line for line in block.splitlines(keepends=True) if line.lstrip().startswith("# ----"))


def _indicator(edit: YamlText, indicator: yaml.Node, sample: str) -> None:
    keys = pairs(indicator)
    is_of_sample = sample in (scalar(indicator, "source") or "")
    if is_of_sample and "form" not in keys:
        edit.drop(indicator, indicator)
        return
    if is_of_sample:
        edit.put(keys["tag"], "B")
        edit.put(keys["source"], quoted(_TAKEN_OVER))
    # A note that cites a source tells a figure; the others say what the formula counts.
    if _CITES_A_SOURCE.search(scalar(indicator, "note") or ""):
        edit.drop(*keys["note"])
    if "baseline" in keys and scalar(keys["baseline"][1], "scope") == "province":
        edit.put(keys["baseline"], "unknown")
    _keep_national(edit, indicator, "targets")


def _keep_national(edit: YamlText, entry: yaml.Node, key: str) -> None:
    """Drop what a list has of the sample province; it becomes `unknown` where nothing is left."""
    pair = pairs(entry).get(key)
    own = [item for item in items(pair) if scalar(item, "scope") == "province"]
    if pair is not None and own and len(own) == len(items(pair)):
        edit.put(pair, "unknown")
    else:
        for item in own:
            edit.drop(item, item)
