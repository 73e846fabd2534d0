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
# [`run_steps`](flows/nightly.py): a name that a document says a module has.
NAME_IN_MODULE = re.compile(r"\[`([\w.]+?)(?:\(\))?`\]\(([^)#\s]+\.py)\)")
CITED_DOCUMENT = re.compile(r"(?<![\w/.*>-])([\w./-]+\.md)(?:#([\w-]+))?\b")
MODULE_NAME = re.compile(r"`(?:[\w.-]+/)*([a-z_]\w*\.py)`")
SOURCE_NUMBER = re.compile(r"\bS\d{1,2}\b")
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
CITING = sorted(
    path
    for pattern in ("config/**/*.yaml", "config/**/*.csv", "expectations/**/*.yaml")
    for path in ROOT.glob(pattern)
)
# A module names a page by its place in the repository, below `docs` or below `docs/rules`.
CITED_FROM = (ROOT, ROOT / "docs", ROOT / "docs" / "rules")
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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_that_a_document_links_to_a_module_is_in_it(document: Path) -> None:
    named = NAME_IN_MODULE.findall(document.read_text(encoding="utf-8"))
    missing = [
        f"{name} in {module}"
        for name, module in named
        if name.rpartition(".")[2] not in names_of(document.parent / module)
    ]
    assert missing == []


def test_the_walk_of_the_readme_names_functions() -> None:
    named = NAME_IN_MODULE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(named) > 10


def test_no_file_cites_a_document_that_does_not_exist() -> None:
    missing = []
    for path in [*CITING, *sources(), *DOCUMENTS]:
        for cited, anchor in CITED_DOCUMENT.findall(path.read_text(encoding="utf-8")):
            if not is_document(cited, anchor, path):
                missing.append(f"{path.relative_to(ROOT)}: {cited}#{anchor}")
    assert missing == []


def test_every_source_that_is_cited_is_in_the_list() -> None:
    listed = set(re.findall(r"^\| (S\d+) \|", (ROOT / "docs" / "sources.md").read_text(), re.M))
    cited = set()
    for folder in ("config", "expectations/suites"):
        for path in [*(ROOT / folder).rglob("*.yaml"), *(ROOT / folder).rglob("*.csv")]:
            cited |= set(SOURCE_NUMBER.findall(path.read_text(encoding="utf-8")))
    assert sorted(cited - listed) == []


def test_no_source_or_document_names_a_module_that_is_gone() -> None:
    modules = {path.name for folder in OUR_FOLDERS for path in (ROOT / folder).rglob("*.py")}
    gone = []
    for path in [*sources(), *DOCUMENTS]:
        if path.name == "CHANGELOG.md":
            continue
        named = set(MODULE_NAME.findall(path.read_text(encoding="utf-8")))
        gone += [f"{path.relative_to(ROOT)}: {name}" for name in sorted(named - modules)]
    assert gone == []


def test_a_package_docstring_names_modules_that_it_has() -> None:
    gone = []
    for path in sources():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path.name != "__init__.py":
            continue
        beside = {entry.stem for entry in path.parent.iterdir()} | set(PACKAGES)
        named = re.findall(r"`([a-z_]+)`", text)
        gone += [f"{path.relative_to(ROOT)}: {name}" for name in named if name not in beside]
    assert gone == []


def is_document(cited: str, anchor: str, citing: Path) -> bool:
    """Tell whether a cited document, and the heading it names, are in the repository."""
    folders = (citing.parent, *CITED_FROM)
    found = [folder / cited for folder in folders if (folder / cited).is_file()]
    if not found:
        return False
    return not anchor or anchor in anchors_of(found[0])


def anchors_of(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def names_of(module: Path) -> set[str]:
    """Return the functions, classes, methods and constants that a module defines."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    return found
