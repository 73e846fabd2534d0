"""Build the docs site: the documents, a page for each module, a page for each file they link to.

The documents are written for a reader of the repository. So the site keeps the repository's
folders: a link from `README.md` to `docs/mail.md` is right in both. A link to a module leads to
its API page, a link to any other file to a page that shows it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("mtqg", "flows", "publish", "connectors", "expectations", "warehouse", "program")
DOCUMENTS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/**/*.md")
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+)(#[^)\s]*)?\)")
# What a browser fetches by itself. A link that a reader follows (`<a href>`) is no request.
FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"'](?:https?:)?//[^\"']+"
    r"|<link\b(?![^>]*rel=[\"']canonical)[^>]*\bhref=[\"'](?:https?:)?//[^\"']+"
    r"|@import[^;]*//|url\([\"']?(?:https?:)?//",
)
LANGUAGES = {".py": "python", ".yaml": "yaml", ".sql": "sql", ".toml": "toml", ".csv": "text"}
MAX_SHOWN_BYTES = 200_000

Nav = list["str | dict[str, str | Nav]"]


def main() -> int:
    """Build `var/docs/site`. Returns 1 where a link is dead or a page asks another host."""
    work = ROOT / "var" / "docs"
    shutil.rmtree(work, ignore_errors=True)
    pages = work / "pages"
    for document in documents():
        write_document(document, pages)
    write_api_pages(pages)
    config = (ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8")
    nav_line = f"nav = {as_toml(navigation(pages))}\n"
    site_config = config.replace("[project.theme]", f"{nav_line}\n[project.theme]", 1)
    (work / "zensical.toml").write_text(site_config, encoding="utf-8")

    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    built = subprocess.run(  # noqa: S603 - our own command
        [*command, "--config-file", str(work / "zensical.toml")], cwd=work, check=False
    )
    if built.returncode:
        return 1
    requests = list(requests_to_other_hosts(work / "site"))
    for request in requests:
        sys.stderr.write(f"{request}\n")
    return 1 if requests else 0


def documents() -> list[Path]:
    """Return every document of the repository, README first."""
    found = {path for pattern in DOCUMENTS for path in ROOT.glob(pattern)}
    return sorted(found, key=lambda path: (path != ROOT / "README.md", path))


def write_document(document: Path, pages: Path) -> None:
    """Write a document at its own place, with links to files that the site has pages of."""

    def on_site(match: re.Match[str]) -> str:
        path, anchor = match.group(1), match.group(2) or ""
        target = (document.parent / path).resolve()
        return f"]({relative(page_of(target, pages), site_path(document))}{anchor})"

    text = LINK.sub(on_site, document.read_text(encoding="utf-8"))
    write(pages / site_path(document), text)


def site_path(document: Path) -> Path:
    """Return where a document lies on the site: a README is the index of its folder."""
    path = document.relative_to(ROOT)
    return path.with_name("index.md") if path.name == "README.md" else path


def page_of(target: Path, pages: Path) -> Path:
    """Return the site's page of a file or a folder; a page that shows it is written if needed."""
    path = target.relative_to(ROOT)
    if target.is_dir():
        if (target / "README.md").exists():
            return path / "index.md"
        return write_listing(target, pages)
    if target.suffix == ".md":
        return site_path(target)
    if target.suffix == ".py" and path.parts[0] in PACKAGES:
        return api_path(path)
    if target.suffix == ".png":
        # A picture is shown in the document that names it.
        (pages / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, pages / path)
        return path
    return write_file_page(target, pages)


def write_listing(folder: Path, pages: Path) -> Path:
    """Write the page of a folder: its documents by title, its other files by name."""
    path = folder.relative_to(ROOT)
    lines = [f"# {path}", ""]
    for entry in sorted(folder.iterdir()):
        if entry.suffix == ".md":
            lines.append(f"- [{title_of(entry)}]({entry.name})")
        elif not entry.name.startswith(("_", ".")):
            lines.append(f"- `{entry.name}`")
    write(pages / path / "index.md", "\n".join(lines) + "\n")
    return path / "index.md"


def write_file_page(target: Path, pages: Path) -> Path:
    """Write a page that shows a file as it is, and return it."""
    path = target.relative_to(ROOT)
    page = path.with_name(f"{path.name}.md")
    text = target.read_text(encoding="utf-8")[:MAX_SHOWN_BYTES]
    language = LANGUAGES.get(target.suffix, "text")
    write(pages / page, f"# {path}\n\n`````{language}\n{text}\n`````\n")
    return page


def write_api_pages(pages: Path) -> None:
    """Write a page for each module and an index for each package."""
    for package in PACKAGES:
        modules = modules_of(package)
        lines = [f"# {package}", ""]
        for path in modules:
            page = api_path(path)
            write(pages / page, f"# {dotted(path)}\n\n::: {dotted(path)}\n")
            first = (ROOT / path).read_text(encoding="utf-8").split('"""')[1].split("\n\n")[0]
            summary = " ".join(first.split())
            link = relative(page, Path("api") / package / "index.md")
            lines.append(f"- [{dotted(path)}]({link}): {summary}")
        write(pages / "api" / package / "index.md", "\n".join(lines) + "\n")


def modules_of(package: str) -> list[Path]:
    """Return the modules of a package that have something to say; migrations have not."""
    found = [path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if path.name != "__init__.py" and "versions" not in path.parts]


def dotted(path: Path) -> str:
    """Return a module's name: `flows/nightly.py` is `flows.nightly`."""
    return ".".join(path.with_suffix("").parts)


def api_path(path: Path) -> Path:
    """Return the API page of a module."""
    return Path("api") / path.with_suffix(".md")


def navigation(pages: Path) -> Nav:
    """Return the navigation; pages that it does not name are reached by links."""
    return [
        {"Start": "index.md"},
        {"Architecture": "docs/architecture.md"},
        {"Glossary": "docs/glossary.md"},
        {
            "Guides": [
                {"The program": "docs/program.md"},
                {"Units": "docs/units.md"},
                {"Reading": "docs/reading.md"},
                {"Rules": "docs/rules.md"},
                {"Marts": "docs/marts.md"},
                {"Tracing": "docs/tracing.md"},
                {"Site": "docs/site.md"},
                {"Data for others": "docs/data.md"},
                {"DHIS2": "docs/dhis2.md"},
                {"The country's figures": "docs/national.md"},
                {"Reports": "docs/reports.md"},
                {"Questions": "docs/questions.md"},
                {"Mails": "docs/mail.md"},
                {"Sources of deliveries": "docs/sources-of-deliveries.md"},
                {"Portal": "docs/portal.md"},
                {"A new province": "docs/new-province.md"},
                {"Sources of facts": "docs/sources.md"},
            ]
        },
        {"Guides in Vietnamese": in_folder(pages, "docs/vi")},
        {"Deployment": "docs/deployment.md"},
        {"Many provinces": "docs/many-provinces.md"},
        {"Monitoring": "docs/monitoring.md"},
        {"Runbooks": in_folder(pages, "docs/runbooks")},
        {"Rule pages": in_folder(pages, "docs/rules")},
        {"Decisions": in_folder(pages, "docs/decisions")},
        {
            "API": [
                {package: [f"api/{package}/index.md", *api_nav(package)]} for package in PACKAGES
            ]
        },
        {"Contributing": "CONTRIBUTING.md"},
        {"Changes": "CHANGELOG.md"},
    ]


def in_folder(pages: Path, folder: str) -> Nav:
    """Return the pages of a folder by title, its index first."""
    found = sorted((pages / folder).glob("*.md"), key=lambda page: (page.stem != "index", page))
    return [{title_of(page): page.relative_to(pages).as_posix()} for page in found]


def api_nav(package: str) -> Nav:
    """Return the API pages of a package."""
    return [{dotted(path): api_path(path).as_posix()} for path in modules_of(package)]


def title_of(page: Path) -> str:
    """Return a document's first heading."""
    first = page.read_text(encoding="utf-8").split("\n", 1)[0]
    return first.removeprefix("# ").replace("`", "")


def as_toml(value: object) -> str:
    """Return a navigation as a TOML value: lists, tables of one key, texts."""
    if isinstance(value, list):
        return f"[{', '.join(as_toml(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{as_toml(key)} = {as_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def relative(target: Path, page: Path) -> str:
    """Return the link from one page of the site to another."""
    up = len(page.parent.parts)
    return "../" * up + target.as_posix()


def write(page: Path, text: str) -> None:
    """Write a page, with the folders it needs."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


def requests_to_other_hosts(site: Path) -> Iterator[str]:
    """Yield each tag or style of the built pages that a browser would fetch from another host."""
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for match in FETCHED.finditer(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)}: {match.group(0)}"


if __name__ == "__main__":
    sys.exit(main())
