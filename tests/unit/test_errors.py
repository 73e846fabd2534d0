"""The tree of errors is as its file draws it."""

import re

import pytest

from mtqg.console import print_plain
from program import errors
from program.errors import MtqgError

BRANCH = re.compile(r"^    (?P<bars>[│├└─ ]*)(?P<name>[A-Z][A-Za-z]+)(?:\s{2,}(?P<todo>.+))?$")


def drawn() -> list[tuple[str, str]]:
    """Each error of the drawing with its parent."""
    parents: list[str] = ["Exception"]
    found = []
    for line in (errors.__doc__ or "").splitlines():
        match = BRANCH.match(line)
        if match:
            depth = len(match["bars"]) // 4
            del parents[depth + 1 :]
            found.append((match["name"], parents[-1]))
            parents.append(match["name"])
    return found


def test_the_drawing_shows_every_error_under_its_parent() -> None:
    classes = {c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)}
    assert set(drawn()) == {(c.__name__, c.__bases__[0].__name__) for c in classes}
    assert drawn()[0] == ("MtqgError", "Exception")


def test_every_error_says_what_to_do_about_it() -> None:
    lines = [match for line in (errors.__doc__ or "").splitlines() if (match := BRANCH.match(line))]
    assert all(match["todo"] for match in lines if match["name"] != "MtqgError")
    assert all(
        c.__doc__ for c in vars(errors).values() if isinstance(c, type) and issubclass(c, MtqgError)
    )


def test_the_place_of_a_fault_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_plain("packs/94/projects.yaml:100: projects.15.name_en")
    assert capsys.readouterr().out == "packs/94/projects.yaml:100: projects.15.name_en\n"
