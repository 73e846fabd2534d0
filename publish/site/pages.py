"""Write the pages of the site: only those whose contents changed, each as a whole or not at all."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from publish.output_folder import OutputFolder, digest_of
from publish.rendering import render
from publish.reports.table import ReportTable
from publish.reports.workbook import workbook_bytes

_GUIDES = "huong-dan"
PAGE_FOLDERS: Sequence[str] = (
    _GUIDES,
    "areas",
    "indicators",
    "narratives",
    "projects",
    "reporting",
    "submissions",
    "units",
)
"""Folders that hold nothing but pages and their pictures.

What is in them and is not written any more is deleted.
"""


def open_site(folder: Path) -> OutputFolder:
    """Return the site's folder; it also holds Data Docs, data and reports, which stay."""
    return OutputFolder(folder, is_ours=True, only_below=PAGE_FOLDERS)


class SitePages:
    """Renders pages into a folder.

    A page is a function of its inputs and of what all pages share, `shared` (the pack and the
    program). While both are the same, it is not rendered again: a country has thousands of pages,
    and few of them change in a run. A page may have a workbook with the rows of its tables.
    """

    def __init__(self, output: OutputFolder, shared: object) -> None:
        self._output = output
        self._shared = digest_of(shared)
        # What each page was made from, and the digest of it.
        self._digests: dict[str, tuple[object, str]] = {}

    def is_current(self, path: str, inputs: object) -> bool:
        """Tell whether a page stands as these inputs make it; it then stays as it is."""
        return self._output.is_current(path, self._made_from(inputs))

    def write(
        self,
        path: str,
        template: str,
        inputs: object,
        values: Callable[[], Mapping[str, object]],
    ) -> None:
        """Write a page unless it is current.

        Args:
            path: Where the page is, relative to the site.
            template: Its template.
            inputs: All that the page depends on. Equal inputs have an equal `repr`.
            values: Makes the template's values; called only if the page is rendered.

        """

        def page() -> bytes:
            root = "../" * path.count("/")
            return render(template, root=root, **values()).encode()

        made_from = self._made_from(inputs)
        self._digests[path] = (inputs, made_from)
        self._output.make(path, made_from, page)

    def write_workbook(
        self,
        path: str,
        title: str,
        inputs: object,
        tables: Callable[[], Sequence[ReportTable]],
    ) -> None:
        """Write the workbook of the page at `path`, unless its rows are as they were.

        Without a table there is none. The arguments are those of `write`; `tables` is called only
        if the inputs changed.
        """
        name = workbook_path(path)
        of_page, made_from = self._digests.get(path, (None, ""))
        # The page's own digest serves where both are made from the same: it takes time.
        from_inputs = made_from if of_page is inputs else self._made_from(inputs)
        before = self._output.record_of(name)
        if before.startswith(from_inputs):
            self._output.keep_as(name, before)
            return
        made = tables()
        if not made:
            return
        # Inputs may change without a change of a row: a rank on an indicator's page, or a day more.
        from_rows = digest_of(self._shared, made)
        made_from = f"{from_inputs} {from_rows}"
        if before.endswith(from_rows):
            self._output.keep_as(name, made_from)
        else:
            self._output.write(name, workbook_bytes(title, made), made_from)

    def _made_from(self, inputs: object) -> str:
        return digest_of(self._shared, inputs)


def workbook_path(path: str) -> str:
    """Return where the workbook of the page at `path` is, relative to the site."""
    return f"{path.removesuffix('.html')}.xlsx"


def area_path(code: str) -> str:
    """Return where the page on the units of a parent is, relative to the site."""
    return f"areas/{code}.html"


def part_path(path: str, part: str) -> str:
    """Return where a part of the page at `path` is, relative to the site."""
    return f"{path.removesuffix('.html')}/{part}.html"


def indicator_path(code: str) -> str:
    """Return where an indicator's page is, relative to the site."""
    return f"indicators/{code}.html"


def project_path(code: str) -> str:
    """Return where a project's page is, relative to the site."""
    return f"projects/{code}.html"


def submission_path(submission_id: int) -> str:
    """Return where a submission's page is, relative to the site."""
    return f"submissions/{submission_id}.html"


def unit_path(code: str) -> str:
    """Return where the page of a unit's code is, relative to the site."""
    return f"units/{code}.html"


def reporting_path(form_code: str) -> str:
    """Return where the page on a form's reports is, relative to the site."""
    return f"reporting/{form_code}.html"


def guide_path(name: str) -> str:
    """Return where a file of the guides is, relative to the site."""
    return f"{_GUIDES}/{name}"
