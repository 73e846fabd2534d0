"""One country is imported, and it has the same days as the whole package gives it."""

import subprocess
import sys

from program.settings import ROOT

_ALONE = """
import sys
from datetime import date, timedelta
from program.calendar.public_holidays import public_holidays
mine = public_holidays("VN")
days = [date(2021, 1, 1) + timedelta(days=number) for number in range(7 * 365)]
working = [mine.is_working_day(day) for day in days]
others = [name for name in sys.modules if name.startswith("holidays.countries.")]
assert others == ["holidays.countries.vietnam"], others

# As the package itself gives it, with every country.
for name in others:
    del sys.modules[name]
import holidays.countries
whole = holidays.countries.Vietnam()
assert type(whole) is not type(mine), "it was imported once more"
assert [whole.is_working_day(day) for day in days] == working
assert {day: mine[day] for day in mine} == {day: whole[day] for day in whole}
assert len(mine) > 7 * 10
"""
_THEN_ALL = """
import pickle
from program.calendar.public_holidays import public_holidays
mine = public_holidays("VN")
assert pickle.loads(pickle.dumps(mine)) == mine
import holidays.countries
assert holidays.countries.VN is type(mine)
assert holidays.countries.France(years=2024)
"""


def _run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_vietnam_alone_has_the_days_that_the_package_gives_it() -> None:
    _run(_ALONE)


def test_who_imports_all_countries_later_gets_the_same_vietnam() -> None:
    _run(_THEN_ALL)
