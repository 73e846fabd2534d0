"""The looks that marking adds to a workbook's own: a colour over a look that is there, and those of the list of findings."""

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from program.finding import Severity
from publish.marking.order import UnmarkableError
from publish.marking.package import named

COLOURS = {Severity.CRITICAL: "FFFF7C80", Severity.WARNING: "FFFFB84D", Severity.INFO: "FFDDEBF7"}
"""By severity: red, orange and blue, none of them a template's own, and light enough for black writing to be read on each."""
_HEADING = "FFD6E4F0"
_NO_COLOUR = {"indexed": "64"}


class Styles:
    """The looks of a workbook by number; each that is added is added once."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._made: dict[tuple[object, ...], int] = {}
        self._looks = self._list("cellXfs")

    def coloured(self, number: int, severity: Severity) -> int:
        """Return the look that is `number` but for its colour."""
        return self._once((number, severity), lambda: self._with_fill(number, self._fill(COLOURS[severity], under=number)))

    def uncoloured(self) -> dict[int, int]:
        """Return each look that `coloured` gave a workbook that was marked before, with the look without its colour."""
        marked = {}
        for number, look in enumerate(list(self._looks)):
            front, back = self._colours(look)
            if front is not None and front.get("rgb") in COLOURS.values() and back is not None:
                under = dict(back.attrib)
                fill = 0 if under == _NO_COLOUR else self._add("fills", _solid(under, _NO_COLOUR))
                marked[number] = self._with_fill(number, fill)
        return marked

    def written(
        self,
        *,
        bold: bool = False,
        link: bool = False,
        size: int = 11,
        fill: str = "",
        border: bool = False,
        wrap: bool = True,
        is_text: bool = False,
    ) -> int:
        """Return a look of the list of findings. `is_text`: what begins as a formula does stays text when it is edited."""
        key = (bold, link, size, fill, border, wrap, is_text)
        return self._once(key, lambda: self._written(*key))

    def heading(self) -> int:
        """Return the look of the list's headings."""
        return self.written(bold=True, fill=_HEADING, border=True)

    def _written(self, bold: bool, link: bool, size: int, fill: str, border: bool, wrap: bool, is_text: bool) -> int:  # noqa: FBT001, PLR0917
        look = etree.Element(named("xf"), numFmtId="49" if is_text else "0", xfId="0", applyFont="1", applyAlignment="1")
        look.set("fontId", str(self._font(bold=bold, link=link, size=size)))
        look.set("fillId", str(self._add("fills", _solid({"rgb": fill}, _NO_COLOUR)) if fill else 0))
        look.set("borderId", str(self._once(("border",), self._border) if border else 0))
        look.attrib.update({"applyFill": "1", "applyBorder": "1", "applyNumberFormat": "1"})
        if is_text:
            look.set("quotePrefix", "1")
        etree.SubElement(look, named("alignment"), vertical="top", wrapText=str(int(wrap)))
        return self._append(self._looks, look)

    def _with_fill(self, number: int, fill: int) -> int:
        look = deepcopy(self._looks[number])
        look.attrib.update({"fillId": str(fill), "applyFill": "1"})
        return self._append(self._looks, look)

    def _fill(self, colour: str, *, under: int) -> int:
        """Return a fill that keeps the colour under it where nobody sees it: as the back of a pattern that is all front."""
        front, _ = self._colours(self._looks[under])
        kept = dict(front.attrib) if front is not None else _NO_COLOUR
        return self._once(("fill", colour, *sorted(kept.items())), lambda: self._add("fills", _solid({"rgb": colour}, kept)))

    def _colours(self, look: etree._Element) -> tuple[etree._Element | None, etree._Element | None]:
        """Return front and back of a look's colour, None where it has none, or a pattern."""
        fills = self._list("fills")
        number = int(look.get("fillId") or 0)
        pattern = fills[number].find(named("patternFill")) if number < len(fills) else None
        if pattern is None or pattern.get("patternType") != "solid":
            return None, None
        return pattern.find(named("fgColor")), pattern.find(named("bgColor"))

    def _font(self, *, bold: bool, link: bool, size: int) -> int:
        return self._once(("font", bold, link, size), lambda: self._add("fonts", _font(bold=bold, link=link, size=size)))

    def _border(self) -> int:
        border = etree.Element(named("border"))
        for side in ("left", "right", "top", "bottom"):
            etree.SubElement(etree.SubElement(border, named(side), style="thin"), named("color"), rgb="FFBFC7D1")
        etree.SubElement(border, named("diagonal"))
        return self._add("borders", border)

    def _once(self, key: tuple[object, ...], make: Callable[[], int]) -> int:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _add(self, name: str, element: etree._Element) -> int:
        return self._append(self._list(name), element)

    @staticmethod
    def _append(elements: etree._Element, element: etree._Element) -> int:
        elements.append(element)
        elements.set("count", str(len(elements)))
        return len(elements) - 1

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(named(name))
        if found is None or not len(found):
            raise UnmarkableError(f"its styles have no {name}")
        return found


def _solid(front: dict[str, str], back: dict[str, str]) -> etree._Element:
    fill = etree.Element(named("fill"))
    pattern = etree.SubElement(fill, named("patternFill"), patternType="solid")
    etree.SubElement(pattern, named("fgColor"), front)
    etree.SubElement(pattern, named("bgColor"), back)
    return fill


def _font(*, bold: bool, link: bool, size: int) -> etree._Element:
    font = etree.Element(named("font"))
    if bold:
        etree.SubElement(font, named("b"))
    if link:
        etree.SubElement(font, named("u"))
    etree.SubElement(font, named("sz"), val=str(size))
    etree.SubElement(font, named("color"), rgb="FF0B5394" if link else "FF1F2933")
    etree.SubElement(font, named("name"), val="Times New Roman")
    return font
