"""The documents name files that exist, and the source gives one name to one thing."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from program.settings import ROOT

PACKAGES = ("mtqg", "flows", "publish", "connectors", "expectations", "warehouse", "program")
OUR_FOLDERS = (*PACKAGES, "tests", "benchmarks", "config", "docs", "examples")
QUOTED_PATH = re.compile(rf"`((?:{'|'.join(OUR_FOLDERS)})/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
# Written from below `expectations/suites/`.
RELATIVE_TO_SUITES = {"examples/history.yaml", "examples/across.yaml"}
MOST_FILES_OF_ONE_NAME = 3


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_files_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    quoted = set(QUOTED_PATH.findall(text)) - RELATIVE_TO_SUITES
    missing = [path for path in sorted(quoted) if not (ROOT / path).exists()]
    linked = (target for target in LINK.findall(text) if "://" not in target)
    missing += [target for target in linked if not (document.parent / target).exists()]
    if document.name == "CHANGELOG.md":
        # A change names what there was.
        missing = []
    assert missing == []


def test_no_public_class_stands_twice() -> None:
    found: Counter[str] = Counter()
    for path in sources():
        module = ast.parse(path.read_text(encoding="utf-8"))
        classes = (node.name for node in module.body if isinstance(node, ast.ClassDef))
        found.update(name for name in classes if not name.startswith("_"))
    assert [name for name, count in found.items() if count > 1] == []


def test_no_file_name_stands_more_than_three_times() -> None:
    found = Counter(path.name for path in sources() if not path.name.startswith("__"))
    assert [name for name, count in found.items() if count > MOST_FILES_OF_ONE_NAME] == []
