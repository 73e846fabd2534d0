"""An .xlsx as a package of parts. Parts read as XML may be changed; all others keep their bytes."""

import io
import posixpath
import zipfile
from dataclasses import dataclass

from lxml import etree

from publish.marking.request import UnmarkableError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CONTENT_TYPES = "[Content_Types].xml"
_OLDEST_YEAR = 1980
"""A zip holds no earlier date."""
_NEW_PART_TIME = (_OLDEST_YEAR, 1, 1, 0, 0, 0)
"""When a new part was made: a fixed moment, so that the same order gives the same bytes."""


def named(tag: str, space: str = MAIN) -> str:
    """Return a tag with its namespace, as lxml writes it."""
    return f"{{{space}}}{tag}"


def add_element(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    """Append an element of a spreadsheet to its parent; return it."""
    return etree.SubElement(parent, named(tag), attributes)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part as the file has it."""

    info: zipfile.ZipInfo
    content: bytes


class Package:
    """The parts of a workbook by name.

    Raises UnmarkableError if a part that is needed is missing, damaged or hostile.
    """

    def __init__(self, content: bytes) -> None:
        self._parts: dict[str, _Part] = {}
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            for info in file.infolist():
                if info.is_dir():
                    continue
                part = file.read(info.filename)
                self._parts[info.filename] = _Part(info, part)
        self._trees: dict[str, etree._Element] = {}
        self._changed: set[str] = set()

    def tree(self, part: str) -> etree._Element:
        """Return a part's root element to change it; `save` writes the part from it."""
        self._changed.add(part)
        return self.look(part)

    def look(self, part: str) -> etree._Element:
        """Return a part's root element to read it only."""
        if part not in self._trees:
            self._trees[part] = self._parse(part)
        return self._trees[part]

    def put(self, part: str, root: etree._Element, content_type: str = "") -> None:
        """Add or replace a part, and declare its type where the package does not yet."""
        self._trees[part] = root
        self._changed.add(part)
        if content_type and not self.type_of(part):
            types = self.tree(_CONTENT_TYPES)
            etree.SubElement(
                types,
                named("Override", _TYPES),
                PartName=f"/{part}",
                ContentType=content_type,
            )

    def type_of(self, part: str) -> str:
        """Return the type that the package declares for a part by name; "" if it has none."""
        for declared in self.look(_CONTENT_TYPES):
            if declared.get("PartName") == f"/{part}":
                return str(declared.get("ContentType"))
        return ""

    def holds(self, ending: str) -> bool:
        """Tell whether any part's name ends with `ending` (lower case)."""
        return any(name.lower().endswith(ending) for name in self._parts)

    def declare(self, extension: str, content_type: str) -> None:
        """Declare the content type of parts with a file extension, if it is not declared."""
        types = self.tree(_CONTENT_TYPES)
        known = {(declared.get("Extension") or "").lower() for declared in types}
        if extension not in known:
            declared = etree.Element(
                named("Default", _TYPES),
                Extension=extension,
                ContentType=content_type,
            )
            # In front, because Excel writes all defaults before the parts' own types.
            types.insert(0, declared)

    def free_name(self, pattern: str) -> str:
        """Return the first name of `pattern` with 1, 2, 3 … that no part has."""
        taken = {name.lower() for name in (*self._parts, *self._trees)}
        number = 1
        # Names of parts that differ in case only are one part in the standard.
        while pattern.format(number).lower() in taken:
            number += 1
        return pattern.format(number)

    def related(self, part: str, kind: str) -> list[tuple[str, str]]:
        """Return id and target of each relation of one kind ("worksheet") that a part has."""
        name = _relations_of(part)
        if not self._has(name):
            return []
        relation_type = f"{RELATION}/{kind}"
        found: list[tuple[str, str]] = []
        for relation in self.look(name):
            is_wanted = relation.get("Type") == relation_type
            is_external = relation.get("TargetMode") == "External"
            if is_wanted and not is_external:
                target = _absolute(part, str(relation.get("Target")))
                found.append((str(relation.get("Id")), target))
        return found

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation from a part to another; return its id."""
        name = _relations_of(part)
        if not self._has(name):
            root = etree.Element(named("Relationships", _RELATIONS), nsmap={None: _RELATIONS})
            self.put(name, root)
        relations = self.tree(name)
        taken = {relation.get("Id") for relation in relations}
        number = 1
        # The prefix is ours: no number of the sender's program is in the way.
        while f"rIdMtqg{number}" in taken:
            number += 1
        new_id = f"rIdMtqg{number}"
        etree.SubElement(
            relations,
            named("Relationship", _RELATIONS),
            Id=new_id,
            Type=f"{RELATION}/{kind}",
            Target=f"/{target}",
        )
        return new_id

    def save(self) -> bytes:
        """Return the package's bytes: the old parts in their order, then the new ones."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name, part in self._parts.items():
                content = part.content
                if name in self._changed:
                    content = _to_bytes(self._trees[name])
                info = _info(name, part.info.date_time)
                file.writestr(info, content)
            for name, root in self._trees.items():
                if name in self._parts:
                    continue
                info = _info(name, _NEW_PART_TIME)
                file.writestr(info, _to_bytes(root))
        return buffer.getvalue()

    def _has(self, part: str) -> bool:
        return part in self._parts or part in self._trees

    def _parse(self, part: str) -> etree._Element:
        if part not in self._parts:
            raise UnmarkableError(f"the package has no {part}")
        # Entities are not expanded. No spreadsheet program writes a document type, which declares
        # them: such a part is hostile.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(self._parts[part].content, parser)
        except etree.XMLSyntaxError as error:
            raise UnmarkableError(f"{part}: {error}") from error
        if root.getroottree().docinfo.doctype:
            raise UnmarkableError(f"{part}: declares a document type")
        return root


def _relations_of(part: str) -> str:
    """Return the name of the part that holds a part's relations."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _absolute(part: str, target: str) -> str:
    """Return the name of the part that a relation of `part` leads to.

    A target is relative to the part's folder, or absolute with a slash in front.
    """
    folder = posixpath.dirname(part)
    path = posixpath.join("/", folder, target)
    return posixpath.normpath(path).lstrip("/")


def _info(name: str, moment: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    year = moment[0]
    if year < _OLDEST_YEAR:
        # Some programs write no date at all, which is read as 1979-11-30.
        moment = _NEW_PART_TIME
    info = zipfile.ZipInfo(name, moment)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _to_bytes(root: etree._Element) -> bytes:
    return bytes(
        etree.tostring(
            root,
            xml_declaration=True,
            encoding="UTF-8",
            standalone=True,
        )
    )
