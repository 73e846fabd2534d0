"""Tables that are too long for a page: every line is in one part, and a part is of one parent."""

from program.pack.pack import Pack
from program.units.unit import Unit, UnitKind
from publish.site.tables.parts import TablePart, parts_of


def communes_of_two_districts(pack: Pack) -> list[tuple[Unit, int]]:
    communes = [unit for unit in pack.units if unit.kind is UnitKind.COMMUNE]
    chosen = [unit for unit in communes if unit.parent in ("942", "943")]
    return [(unit, number) for number, unit in enumerate(chosen)]


def cut(pack: Pack, lines: list[tuple[Unit, int]], most: int) -> tuple[TablePart[int], ...]:
    return parts_of(lines, pack.units, lambda _: 100, most)


def test_a_table_that_fits_has_no_parts(pack: Pack) -> None:
    lines = communes_of_two_districts(pack)
    assert cut(pack, lines, most=100 * len(lines)) == ()


def test_a_longer_table_has_a_part_for_each_parent(pack: Pack) -> None:
    lines = communes_of_two_districts(pack)
    parts = cut(pack, lines, most=100 * (len(lines) - 1))
    assert {part.name: part.title for part in parts} == {
        "commune-942": "Huyện Châu Thành",
        "commune-943": "Huyện Kế Sách",
    }
    assert sorted(line[1] for part in parts for line in part.lines) == list(range(len(lines)))
    for part in parts:
        assert len({unit.parent for unit, _ in part.lines}) == 1


def test_a_parent_with_too_many_units_has_several_parts_named_by_their_ends(pack: Pack) -> None:
    lines = communes_of_two_districts(pack)
    parts = cut(pack, lines, most=500)
    assert [line for part in parts for line in part.lines] == lines
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:
        assert 0 < len(part.lines) <= 5
        first, last = part.lines[0][0], part.lines[-1][0]
        assert part.title.endswith(f": {first.name} – {last.name}")


def test_a_line_that_is_longer_than_a_page_is_a_part_of_its_own(pack: Pack) -> None:
    lines = communes_of_two_districts(pack)[:3]
    parts = cut(pack, lines, most=50)
    assert [len(part.lines) for part in parts] == [1, 1, 1]
