"""Cell formats that marking adds to a workbook.

They are a colour over the format that a cell has, and those of the list of findings. A format is
known by its number, its place in the workbook's list.
"""

from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from program.finding import Severity
from publish.finding_colours import FINDING_COLOURS
from publish.marking.package import add_element, named
from publish.marking.request import UnmarkableError

_HEADING = "FFD6E4F0"
_BORDER = "FFBFC7D1"
_LINK = "FF0B5394"
_TEXT = "FF1F2933"
_NO_COLOUR = {"indexed": "64"}
_GENERAL_FORMAT = "0"
_TEXT_FORMAT = "49"
"""Excel's number of the built-in format "@"."""
_NO_FILL = 0
_NO_BORDER = 0


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How the list of findings shows a text. `fill` is a colour as ARGB; "" is none.

    With `is_text`, a cell that begins like a formula stays a text when somebody edits it.
    """

    bold: bool = False
    link: bool = False
    size: int = 11
    fill: str = ""
    border: bool = False
    is_text: bool = False


_HEADING_STYLE = TextStyle(bold=True, fill=_HEADING, border=True)


@dataclass(frozen=True, slots=True)
class _Fill:
    """The front and back colour of a fill of one colour; None if the fill has none."""

    front: etree._Element | None = None
    back: etree._Element | None = None


class CellStyles:
    """The cell formats of a workbook by number. Each is added once."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._added: dict[object, int] = {}
        self._formats = self._list("cellXfs")

    def coloured(self, number: int, severity: Severity) -> int:
        """Return the format `number` with the colour of a severity instead of its own."""
        key = ("coloured", number, severity)
        if key not in self._added:
            fill = self._fill_over(number, FINDING_COLOURS[severity])
            self._added[key] = self._with_fill(number, fill)
        return self._added[key]

    def uncoloured(self) -> dict[int, int]:
        """Return each format that an earlier marking coloured, with the one before it."""
        originals = {}
        # The loop adds formats to the list that it reads.
        for number, cell_format in enumerate(list(self._formats)):
            fill = self._fill_of(cell_format)
            # A fill of ours has both colours: the back is the one from before.
            if fill.front is None or fill.back is None:
                continue
            if fill.front.get("rgb") in FINDING_COLOURS.values():
                earlier_colour = dict(fill.back.attrib)
                earlier_fill = _NO_FILL
                if earlier_colour != _NO_COLOUR:
                    solid = _solid(earlier_colour, _NO_COLOUR)
                    earlier_fill = self._append_to("fills", solid)
                originals[number] = self._with_fill(number, earlier_fill)
        return originals

    def written(self, style: TextStyle) -> int:
        """Return the format of a text in the list of findings."""
        if style not in self._added:
            self._added[style] = self._add_text_format(style)
        return self._added[style]

    def heading(self) -> int:
        """Return the format of the list's headings."""
        return self.written(_HEADING_STYLE)

    def _add_text_format(self, style: TextStyle) -> int:
        number_format = _TEXT_FORMAT if style.is_text else _GENERAL_FORMAT
        cell_format = etree.Element(
            named("xf"),
            numFmtId=number_format,
            xfId="0",
            applyFont="1",
            applyAlignment="1",
        )
        cell_format.set("fontId", str(self._font(style)))
        fill, border = _NO_FILL, _NO_BORDER
        if style.fill:
            solid = _solid({"rgb": style.fill}, _NO_COLOUR)
            fill = self._append_to("fills", solid)
        if style.border:
            border = self._border()
        cell_format.set("fillId", str(fill))
        cell_format.set("borderId", str(border))
        applied = {"applyFill": "1", "applyBorder": "1", "applyNumberFormat": "1"}
        cell_format.attrib.update(applied)
        if style.is_text:
            cell_format.set("quotePrefix", "1")
        add_element(cell_format, "alignment", vertical="top", wrapText="1")
        return _append(self._formats, cell_format)

    def _with_fill(self, number: int, fill: int) -> int:
        # A copy, because other cells have the original.
        cell_format = deepcopy(self._formats[number])
        cell_format.attrib.update({"fillId": str(fill), "applyFill": "1"})
        return _append(self._formats, cell_format)

    def _fill_over(self, number: int, colour: str) -> int:
        """Return a fill with `colour` that keeps the colour of format `number`.

        The kept colour is invisible: it is the back of a pattern that shows its front only.
        `uncoloured` finds it there.
        """
        own_fill = self._fill_of(self._formats[number])
        kept = _NO_COLOUR
        if own_fill.front is not None:
            kept = dict(own_fill.front.attrib)
        key = ("fill", colour, *sorted(kept.items()))
        if key not in self._added:
            fill = _solid({"rgb": colour}, kept)
            self._added[key] = self._append_to("fills", fill)
        return self._added[key]

    def _fill_of(self, cell_format: etree._Element) -> _Fill:
        """Return the colours of a format's fill; none where it is a pattern or there is no fill."""
        fills = self._list("fills")
        number = int(cell_format.get("fillId") or 0)
        if number >= len(fills):
            return _Fill()
        pattern = fills[number].find(named("patternFill"))
        if pattern is None or pattern.get("patternType") != "solid":
            return _Fill()
        front = pattern.find(named("fgColor"))
        back = pattern.find(named("bgColor"))
        return _Fill(front, back)

    def _font(self, style: TextStyle) -> int:
        key = ("font", style.bold, style.link, style.size)
        if key not in self._added:
            self._added[key] = self._append_to("fonts", _font(style))
        return self._added[key]

    def _border(self) -> int:
        if "border" not in self._added:
            border = etree.Element(named("border"))
            for side in ("left", "right", "top", "bottom"):
                line = add_element(border, side, style="thin")
                add_element(line, "color", rgb=_BORDER)
            add_element(border, "diagonal")
            self._added["border"] = self._append_to("borders", border)
        return self._added["border"]

    def _append_to(self, name: str, element: etree._Element) -> int:
        return _append(self._list(name), element)

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(named(name))
        if found is None or not len(found):
            raise UnmarkableError(f"its styles have no {name}")
        return found


def _append(elements: etree._Element, element: etree._Element) -> int:
    """Add an element to a counted list; return its number there."""
    elements.append(element)
    elements.set("count", str(len(elements)))
    return len(elements) - 1


def _solid(front: dict[str, str], back: dict[str, str]) -> etree._Element:
    fill = etree.Element(named("fill"))
    pattern = add_element(fill, "patternFill", patternType="solid")
    add_element(pattern, "fgColor", **front)
    add_element(pattern, "bgColor", **back)
    return fill


def _font(style: TextStyle) -> etree._Element:
    font = etree.Element(named("font"))
    if style.bold:
        add_element(font, "b")
    if style.link:
        add_element(font, "u")
    add_element(font, "sz", val=str(style.size))
    colour = _LINK if style.link else _TEXT
    add_element(font, "color", rgb=colour)
    add_element(font, "name", val="Times New Roman")
    return font
