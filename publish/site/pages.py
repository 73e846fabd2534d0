"""Write the pages of the site: only those whose contents changed, each as a whole or not at all.

A page is a function of its inputs, the pack and the program. Their fingerprint is kept beside the
pages. While it is the same, the page is not rendered again: a country has thousands of pages, and
few of them change in a run.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from program.atomic_write import write_atomic
from publish.rendering import render, template_fingerprint

_MANIFEST = ".pages.json"
_FOLDERS = ("indicators", "projects", "reporting", "submissions", "units")
"""Folders that hold nothing but pages. A page in them that nothing writes any more is deleted."""


class SitePages:
    """The pages of one folder. Call `finish` once all pages are given.

    `pack_fingerprint` stands for everything that pages take from the pack.
    """

    def __init__(self, folder: Path, pack_fingerprint: str) -> None:
        self._folder = folder
        self._common = f"{pack_fingerprint} {template_fingerprint()}"
        self._known = _read_manifest(folder / _MANIFEST)
        self._given: dict[str, str] = {}
        self.rendered = 0
        """How many pages were rendered again."""

    def is_current(self, path: str, inputs: object) -> bool:
        """Tell whether a page stands as these inputs make it; it then stays as it is."""
        fingerprint = self._fingerprint(inputs)
        if self._known.get(path) != fingerprint or not (self._folder / path).is_file():
            return False
        self._given[path] = fingerprint
        return True

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
        if self.is_current(path, inputs):
            return
        root = "../" * path.count("/")
        page = render(template, root=root, **values())
        write_atomic(self._folder / path, page.encode())
        self._given[path] = self._fingerprint(inputs)
        self.rendered += 1

    def finish(self) -> None:
        """Delete pages that were not given, and keep the fingerprints of those that were."""
        for name in _FOLDERS:
            for page in (self._folder / name).glob("*.html"):
                if page.relative_to(self._folder).as_posix() not in self._given:
                    page.unlink()
        write_atomic(self._folder / _MANIFEST, json.dumps(self._given, sort_keys=True).encode())

    def _fingerprint(self, inputs: object) -> str:
        text = f"{self._common} {inputs!r}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _read_manifest(path: Path) -> dict[str, str]:
    """Return the fingerprint of each page; none where the manifest is missing or damaged."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Without it every page is rendered again, which is right and only slower.
        return {}
    return manifest if isinstance(manifest, dict) else {}


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
