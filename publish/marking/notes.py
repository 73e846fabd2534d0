"""Notes at cells: each is a text in the sheet's comments and a box in a drawing of the old kind, in VML.

A cell may have one note only: what its sender noted there stays, and ours comes after it.
"""

from collections.abc import Iterator

from lxml import etree

from publish.marking.cells import corner_of
from publish.marking.package import MAIN, RELATION, Package, named

_SHAPES, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# What stands behind the drawing of notes in a sheet's XML, where any of it is there.
_BEHIND = ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")
_KIND = "_x0000_t202"
_WIDE, _LETTERS_A_LINE = 4, 42
"""How many columns wide a note is, and how many letters one of its lines holds."""
_FIRST_SHAPE = 1025

_EMPTY_DRAWING = f"""<xml xmlns:v="{_SHAPES}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>
<v:shapetype id="{_KIND}" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>
<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>"""
_SHAPE = f"""<v:shape xmlns:v="{_SHAPES}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}" type="#{_KIND}"
 style="position:absolute;margin-left:80pt;margin-top:5pt;width:260pt;height:120pt;z-index:1;visibility:hidden"
 fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>
<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor/><x:AutoFill>False</x:AutoFill><x:Row/><x:Column/>
</x:ClientData></v:shape>"""


class Notes:
    """The notes of one sheet, whose XML is the package's `part`; parts are made when the first note is put."""

    def __init__(self, package: Package, part: str, author: str) -> None:
        self._package, self._part, self._author = package, part, author
        found = package.related(part, "comments")
        self._comments = package.tree(found[0][1]) if found else None
        self._drawing: etree._Element | None = None

    def put(self, row: int, column: int, address: str, text: str) -> None:
        """Put a note at a cell."""
        comments, drawing = self._existing_comments(), self._existing_drawing()
        listed = comments[1]
        comment = next((each for each in listed if each.get("ref") == address), None)
        if comment is None:
            comment = etree.SubElement(listed, named("comment"), ref=address, authorId=self._author_of(comments))
            etree.SubElement(comment, named("text"))
            drawing.append(_shape(_next_shape(drawing), row, column, text))
        else:
            text = f"\n\n{text}"
        _write(comment[0], text, self._author)

    def remove(self) -> None:
        """Take away the notes that an earlier marking put; what its sender noted at the same cells stays."""
        for comment in list(self._comments.iter(named("comment"))) if self._comments is not None else ():
            if not "".join(_without_ours(comment[0], self._author)).strip():
                comment.getparent().remove(comment)
                self._remove_shape(str(comment.get("ref")))

    def _remove_shape(self, address: str) -> None:
        corner = corner_of(address)
        for data in list(self._existing_drawing().iter(named("ClientData", _EXCEL))):
            at = data.findtext(named("Row", _EXCEL)), data.findtext(named("Column", _EXCEL))
            if corner and at == (str(corner[0] - 1), str(corner[1] - 1)):
                shape = data.getparent()
                shape.getparent().remove(shape)

    def _existing_comments(self) -> etree._Element:
        if self._comments is None:
            self._comments = etree.Element(named("comments"), nsmap={None: MAIN})
            etree.SubElement(self._comments, named("authors"))
            etree.SubElement(self._comments, named("commentList"))
            name = self._package.free_name("xl/comments{}.xml")
            self._package.put(name, self._comments, _COMMENTS_TYPE)
            self._package.relate(self._part, "comments", name)
        return self._comments

    def _existing_drawing(self) -> etree._Element:
        if self._drawing is None:
            sheet = self._package.tree(self._part)
            link = sheet.find(named("legacyDrawing"))
            known = dict(self._package.related(self._part, "vmlDrawing"))
            if link is not None:
                self._drawing = self._package.tree(known[str(link.get(named("id", RELATION)))])
            else:
                self._drawing = etree.fromstring(_EMPTY_DRAWING)
                name = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
                self._package.declare("vml", _VML_TYPE)
                self._package.put(name, self._drawing)
                _link(sheet, self._package.relate(self._part, "vmlDrawing", name))
        return self._drawing

    def _author_of(self, comments: etree._Element) -> str:
        names = [author.text for author in comments[0]]
        if self._author not in names:
            etree.SubElement(comments[0], named("author")).text = self._author
            names.append(self._author)
        return str(names.index(self._author))


def _link(sheet: etree._Element, relation: str) -> None:
    link = etree.Element(named("legacyDrawing"))
    link.set(named("id", RELATION), relation)
    behind = next((child for child in sheet if child.tag in {named(tag) for tag in _BEHIND}), None)
    if behind is None:
        sheet.append(link)
    else:
        behind.addprevious(link)


def _write(text: etree._Element, words: str, author: str) -> None:
    """Add a run of writing that begins with who wrote it, as Excel's own notes do."""
    plain = text.find(named("t"))
    if plain is not None:
        run = etree.Element(named("r"))
        text.replace(plain, run)
        run.append(plain)
    run = etree.SubElement(text, named("r"))
    look = etree.SubElement(run, named("rPr"))
    etree.SubElement(look, named("sz"), val="10")
    etree.SubElement(look, named("rFont"), val="Tahoma")
    said = etree.SubElement(run, named("t"))
    said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    breaks = len(words) - len(words.lstrip("\n"))
    said.text = f"{words[:breaks]}{author}:\n{words[breaks:]}"


def _without_ours(text: etree._Element, author: str) -> Iterator[str]:
    """Take what we said out of a note; yield what is left. A spreadsheet program may have made one writing of several."""
    for said in list(text.iter(named("t"))):
        said.text = f"\n\n{(said.text or '').lstrip()}".partition(f"\n\n{author}:\n")[0].removeprefix("\n\n")
        yield said.text


def _next_shape(drawing: etree._Element) -> int:
    """Return a number that no shape of the drawing has."""
    names = (str(each.get("id") or "") for each in drawing)
    numbers = [int(name.removeprefix("_x0000_s")) for name in names if name.removeprefix("_x0000_s").isdecimal()]
    return max(numbers, default=_FIRST_SHAPE - 1) + 1


def _shape(number: int, row: int, column: int, text: str) -> etree._Element:
    """Return the box of a note at a cell, as high as its text asks for; it shows when the mouse is over the cell."""
    shape = etree.fromstring(_SHAPE)
    shape.set("id", f"_x0000_s{number}")
    height = sum(1 + len(line) // _LETTERS_A_LINE for line in text.split("\n")) + 2
    top = max(row - 2, 0)
    texts = {
        "Anchor": f"{column},12,{top},4,{column + _WIDE},60,{top + height},4",
        "Row": str(row - 1),
        "Column": str(column - 1),
    }
    for tag, value in texts.items():
        shape.find(f".//{named(tag, _EXCEL)}").text = value
    return shape
