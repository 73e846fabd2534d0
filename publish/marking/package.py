"""An .xlsx as a package of parts: those that are asked for as XML may be changed, all others stay as they are to the byte."""

import io
import posixpath
import zipfile

from lxml import etree

from publish.marking.order import UnmarkableError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CONTENT_TYPES = "[Content_Types].xml"
_THEN = (1980, 1, 1, 0, 0, 0)
"""When a new part was made: a fixed moment, so that the same order gives the same bytes."""


def named(tag: str, space: str = MAIN) -> str:
    """Return a tag with its namespace, as lxml names it."""
    return f"{{{space}}}{tag}"


class Package:
    """The parts of a workbook. Raises UnmarkableError where one that is needed is missing, damaged or hostile."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            self._parts = {info.filename: (info, file.read(info.filename)) for info in file.infolist() if not info.is_dir()}
        self._trees: dict[str, etree._Element] = {}
        self._changed: set[str] = set()

    def tree(self, part: str) -> etree._Element:
        """Return a part's root element, to change it: it is written anew."""
        self._changed.add(part)
        return self.look(part)

    def look(self, part: str) -> etree._Element:
        """Return a part's root element, to look at only."""
        if part not in self._trees:
            self._trees[part] = self._parsed(part)
        return self._trees[part]

    def put(self, part: str, root: etree._Element, content_type: str = "") -> None:
        """Put a part in place, and say what it is where the package does not say so yet."""
        self._trees[part] = root
        self._changed.add(part)
        if content_type and not self.type_of(part):
            etree.SubElement(self.tree(_CONTENT_TYPES), named("Override", _TYPES), PartName=f"/{part}", ContentType=content_type)

    def type_of(self, part: str) -> str:
        """Return what the package says that a part is; "" where it says nothing of it by name."""
        types = self.look(_CONTENT_TYPES)
        return next((str(each.get("ContentType")) for each in types if each.get("PartName") == f"/{part}"), "")

    def holds(self, ending: str) -> bool:
        """Tell whether a part's name ends so."""
        return any(name.lower().endswith(ending) for name in self._parts)

    def declare(self, extension: str, content_type: str) -> None:
        """Say what parts with this extension are, where the package does not say so yet."""
        types = self.tree(_CONTENT_TYPES)
        if not any((each.get("Extension") or "").lower() == extension for each in types):
            types.insert(0, etree.Element(named("Default", _TYPES), Extension=extension, ContentType=content_type))

    def free_name(self, pattern: str) -> str:
        """Return the first of the parts `pattern` with 1, 2, 3 … that is not there."""
        taken = {name.lower() for name in (*self._parts, *self._trees)}
        return next(name for n in range(1, len(taken) + 2) if (name := pattern.format(n)).lower() not in taken)

    def related(self, part: str, kind: str) -> list[tuple[str, str]]:
        """Return id and target of each relation of a part that is of a kind, such as "worksheet"."""
        name = _relations_of(part)
        if name not in self._parts and name not in self._trees:
            return []
        folder = posixpath.dirname(part)
        return [
            (str(each.get("Id")), posixpath.normpath(posixpath.join("/", folder, str(each.get("Target")))).lstrip("/"))
            for each in self.look(name)
            if each.get("Type") == f"{RELATION}/{kind}" and each.get("TargetMode") != "External"
        ]

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation from a part to another; return its id."""
        name = _relations_of(part)
        if name not in self._parts and name not in self._trees:
            self.put(name, etree.Element(named("Relationships", _RELATIONS), nsmap={None: _RELATIONS}))
        relations = self.tree(name)
        taken = {each.get("Id") for each in relations}
        new = next(f"rIdMtqg{n}" for n in range(1, len(taken) + 2) if f"rIdMtqg{n}" not in taken)
        etree.SubElement(relations, named("Relationship", _RELATIONS), Id=new, Type=f"{RELATION}/{kind}", Target=f"/{target}")
        return new

    def save(self) -> bytes:
        """Return the package: the old parts in their order, then the new ones."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name, (info, content) in self._parts.items():
                file.writestr(_info(name, info.date_time), _written(self._trees[name]) if name in self._changed else content)
            for name, root in self._trees.items():
                if name not in self._parts:
                    file.writestr(_info(name, _THEN), _written(root))
        return buffer.getvalue()

    def _parsed(self, part: str) -> etree._Element:
        if part not in self._parts:
            raise UnmarkableError(f"the package has no {part}")
        # Entities are never expanded, and a part that declares some is none of a spreadsheet program's.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(self._parts[part][1], parser)
        except etree.XMLSyntaxError as wrong:
            raise UnmarkableError(f"{part}: {wrong}") from wrong
        if root.getroottree().docinfo.doctype:
            raise UnmarkableError(f"{part}: declares a document type")
        return root


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _info(name: str, moment: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, moment if moment[0] >= 1980 else _THEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _written(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
