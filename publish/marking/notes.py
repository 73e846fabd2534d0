"""Notes at cells: each is a text in the sheet's comments and a box in a VML drawing.

A cell has one note only: ours is appended to what its sender noted there.
"""

from collections.abc import Iterator

from lxml import etree

from publish.marking.cells import corner_of
from publish.marking.package import MAIN, RELATION, Package, add_element, named
from publish.marking.request import UnmarkableError

_SHAPES = "urn:schemas-microsoft-com:vml"
_OFFICE = "urn:schemas-microsoft-com:office:office"
_EXCEL = "urn:schemas-microsoft-com:office:excel"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER_DRAWING = (
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
)
"""What the standard puts after the link to the drawing in a sheet's XML."""
_KIND = "_x0000_t202"
_NOTE_COLUMNS = 4
"""How many columns wide a note is."""
_LETTERS_A_LINE = 42
_SHAPE_ID = "_x0000_s"
_FIRST_SHAPE = 1025
_PARAGRAPH = "\n\n"

_EMPTY_DRAWING = f"""<xml xmlns:v="{_SHAPES}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>
<v:shapetype id="{_KIND}" coordsize="21600,21600" o:spt="202"
 path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>
<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>"""
_SHAPE = f"""<v:shape xmlns:v="{_SHAPES}" xmlns:o="{_OFFICE}" xmlns:x="{_EXCEL}" type="#{_KIND}"
 style="position:absolute;margin-left:80pt;margin-top:5pt;\
width:260pt;height:120pt;z-index:1;visibility:hidden"
 fillcolor="#ffffe1" o:insetmode="auto">\
<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>
<v:path o:connecttype="none"/>\
<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>
<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor/>\
<x:AutoFill>False</x:AutoFill><x:Row/><x:Column/>
</x:ClientData></v:shape>"""


class Notes:
    """The notes of the sheet in a package's `part`. The first note adds the parts they need."""

    def __init__(self, package: Package, part: str, author: str) -> None:
        self._package = package
        self._part = part
        self._author = author
        related = package.related(part, "comments")
        self._comments = None
        if related:
            _, comments = related[0]
            self._comments = package.tree(comments)
        self._drawing: etree._Element | None = None

    def put(
        self,
        row: int,
        column: int,
        address: str,
        text: str,
    ) -> None:
        """Add a note at a cell, or append it to the note that the cell has."""
        comments = self._get_comments()
        drawing = self._get_drawing()
        comment_list = _child(comments, "commentList")
        for comment in comment_list:
            # The note has a box already.
            if comment.get("ref") == address:
                _write(_child(comment, "text"), f"{_PARAGRAPH}{text}", self._author)
                return
        author_id = self._author_of(comments)
        comment = add_element(comment_list, "comment", ref=address, authorId=author_id)
        note = add_element(comment, "text")
        drawing.append(_shape(_free_shape_number(drawing), row, column, text))
        _write(note, text, self._author)

    def remove(self) -> None:
        """Remove the notes of an earlier marking; what a sender noted at the same cells stays."""
        if self._comments is None:
            return
        for comment in list(self._comments.iter(named("comment"))):
            rest = "".join(_remove_ours(_child(comment, "text"), self._author))
            # Only ours was there: the note goes, and its box.
            if not rest.strip():
                comment.getparent().remove(comment)
                self._remove_shape(str(comment.get("ref")))

    def _remove_shape(self, address: str) -> None:
        corner = corner_of(address)
        if corner is None:
            return
        wanted = _vml_position(corner.row, corner.column)
        # A list, because the loop removes elements from the drawing.
        for data in list(self._get_drawing().iter(named("ClientData", _EXCEL))):
            row = data.findtext(named("Row", _EXCEL))
            column = data.findtext(named("Column", _EXCEL))
            if (row, column) == wanted:
                shape = data.getparent()
                shape.getparent().remove(shape)

    def _get_comments(self) -> etree._Element:
        """Return the sheet's comments; they are made where it has none."""
        if self._comments is None:
            self._comments = etree.Element(named("comments"), nsmap={None: MAIN})
            add_element(self._comments, "authors")
            add_element(self._comments, "commentList")
            name = self._package.free_name("xl/comments{}.xml")
            self._package.put(name, self._comments, _COMMENTS_TYPE)
            self._package.relate(self._part, "comments", name)
        return self._comments

    def _get_drawing(self) -> etree._Element:
        """Return the drawing of the sheet's notes; it is made where the sheet has none."""
        if self._drawing is None:
            sheet = self._package.tree(self._part)
            link = sheet.find(named("legacyDrawing"))
            # A sheet has one drawing for all notes, with the boxes of the sender's own ones.
            if link is not None:
                drawings = dict(self._package.related(self._part, "vmlDrawing"))
                relation = str(link.get(named("id", RELATION)))
                self._drawing = self._package.tree(drawings[relation])
            else:
                self._drawing = self._add_drawing(sheet)
        return self._drawing

    def _add_drawing(self, sheet: etree._Element) -> etree._Element:
        drawing = etree.fromstring(_EMPTY_DRAWING)
        name = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
        self._package.declare("vml", _VML_TYPE)
        self._package.put(name, drawing)
        _link_drawing(sheet, self._package.relate(self._part, "vmlDrawing", name))
        return drawing

    def _author_of(self, comments: etree._Element) -> str:
        """Return our number among the authors, to whom we are added where we are missing."""
        authors = _child(comments, "authors")
        names = [author.text for author in authors]
        if self._author not in names:
            add_element(authors, "author").text = self._author
            names.append(self._author)
        return str(names.index(self._author))


def _child(element: etree._Element, tag: str) -> etree._Element:
    child = element.find(named(tag))
    if child is None:
        raise UnmarkableError(f"its notes have no {tag}")
    return child


def _link_drawing(sheet: etree._Element, relation: str) -> None:
    link = etree.Element(named("legacyDrawing"))
    link.set(named("id", RELATION), relation)
    after = {named(tag) for tag in _AFTER_DRAWING}
    for child in sheet:
        if child.tag in after:
            child.addprevious(link)
            return
    sheet.append(link)


def _write(note: etree._Element, text: str, author: str) -> None:
    """Append a run of text that begins with its author, as Excel's own notes do."""
    # A note is one plain text or several runs, never both.
    plain = note.find(named("t"))
    if plain is not None:
        run = etree.Element(named("r"))
        note.replace(plain, run)
        run.append(plain)
    run = add_element(note, "r")
    properties = add_element(run, "rPr")
    add_element(properties, "sz", val="10")
    add_element(properties, "rFont", val="Tahoma")
    written = add_element(run, "t")
    # Without it, a program may drop the line breaks in front.
    written.set(_XML_SPACE, "preserve")
    words = text.lstrip("\n")
    breaks = text[: len(text) - len(words)]
    written.text = f"{breaks}{author}:\n{words}"


def _remove_ours(note: etree._Element, author: str) -> Iterator[str]:
    """Remove our text from a note; yield the rest of each run.

    A spreadsheet program may have joined the runs, so that ours is the end of the sender's.
    """
    our_beginning = f"{_PARAGRAPH}{author}:\n"
    for written in list(note.iter(named("t"))):
        stripped = (written.text or "").lstrip()
        # With a paragraph in front, our text is found at the beginning of a run as well.
        text = f"{_PARAGRAPH}{stripped}"
        before, _, _ = text.partition(our_beginning)
        rest = before.removeprefix(_PARAGRAPH)
        written.text = rest
        yield rest


def _free_shape_number(drawing: etree._Element) -> int:
    """Return a number that no shape of the drawing has."""
    numbers = []
    for shape in drawing:
        number = str(shape.get("id") or "").removeprefix(_SHAPE_ID)
        # Other programs may name their shapes in other ways.
        if number.isdecimal():
            numbers.append(int(number))
    return max(numbers, default=_FIRST_SHAPE - 1) + 1


def _shape(
    number: int,
    row: int,
    column: int,
    text: str,
) -> etree._Element:
    """Return the box of a note at a cell, high enough for its text.

    Excel shows it while the mouse is over the cell.
    """
    shape = etree.fromstring(_SHAPE)
    shape.set("id", f"{_SHAPE_ID}{number}")
    row_text, column_text = _vml_position(row, column)
    texts = {
        "Anchor": _anchor(row, column, text),
        "Row": row_text,
        "Column": column_text,
    }
    for tag, value in texts.items():
        element = shape.find(f".//{named(tag, _EXCEL)}")
        element.text = value
    return shape


def _anchor(row: int, column: int, text: str) -> str:
    """Return where the box of a note is, in the format of VML.

    That is left column and its offset in pixels, top row and its offset, then right and bottom.
    """
    # Excel breaks long lines inside the box.
    lines = [1 + len(line) // _LETTERS_A_LINE for line in text.split("\n")]
    height = sum(lines) + 2
    # The box begins right of the cell and, where there is a row above it, one row higher.
    top = max(row - 2, 0)
    bottom = top + height
    right = column + _NOTE_COLUMNS
    return f"{column},12,{top},4,{right},60,{bottom},4"


def _vml_position(row: int, column: int) -> tuple[str, str]:
    """Return a cell's row and column as VML writes them: from 0 on."""
    return str(row - 1), str(column - 1)
