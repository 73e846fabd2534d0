"""Fill a Word template: same template and values, same bytes."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from program.pack.pack import Pack

_OURS = Path(__file__).parents[1] / "templates" / "documents"
_FOLDER = "documents"
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""A fixed time of each file in the document: the earliest that a zip can say."""


def template_of(pack: Pack, name: str) -> Path:
    """Return the template `name` of the pack, or ours where the pack has none."""
    of_pack = pack.folder / _FOLDER / name
    return of_pack if of_pack.exists() else _OURS / name


def filled(template: Path, values: Mapping[str, object]) -> bytes:
    """Return a Word document with its tags filled. A value is never a tag or markup itself."""
    # Imported here: a run that writes no document needs none of it.
    from docxtpl import DocxTemplate  # noqa: PLC0415
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    document = DocxTemplate(template)
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    document.render(dict(values), jinja_env=environment)
    written = io.BytesIO()
    document.save(written)
    return with_fixed_times(written.getvalue())


def with_fixed_times(content: bytes) -> bytes:
    """Return a zip with the same files in the same order, each with one fixed time."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return written.getvalue()
