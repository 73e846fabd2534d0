"""An invented province over some years: what the rules of history are tried on.

Sizes differ twenty times between units, plans are changed in mid-year, some money is paid late or
not at all, works take years. Nothing here knows the rules' limits.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.in_memory import Cell, Lines, Report
from program.calendar.period import Period
from program.pack.pack import Pack

HOUSEHOLDS = {
    "poor_households": (0.05, 0.2),
    "near_poor_households": (0.05, 0.2),
    "electricity_households": (0.93, 0.99),
    "water_households": (0.85, 0.98),
    "land_short_households": (0.02, 0.08),
    "land_resolved_households of land_short_households": (0.35, 0.7),
    "resettlement_households": (0.005, 0.02),
    "resettled_households of resettlement_households": (0.35, 0.7),
}
PEOPLE = {
    "insured_people": (0.85, 0.97),
    "people_15": (0.74, 0.78),
    "literate_15 of people_15": (0.8, 0.95),
    "media_people": (0.85, 0.98),
    "labour_age of people_15": (0.75, 0.85),
    "trained_labour of labour_age": (0.35, 0.6),
    "births": (0.013, 0.02),
    "assisted_births of births": (0.8, 0.97),
    "children_5": (0.06, 0.09),
    "underweight_children of children_5": (0.08, 0.16),
}
SCHOOLS = ("kindergarten_5", "primary", "lower_secondary", "upper_secondary")
HAMLETS, CLASSROOMS = 7, 28
"""Of a commune, on average."""
FALLING = ("poor_households", "near_poor_households", "underweight_children")
"""Shares that fall from year to year, because they measure something bad."""


class Province:
    """Units of an invented province, each with its own size, plans and works.

    `report` returns a good report of a unit. The same seed gives the same reports.
    """

    def __init__(self, pack: Pack, seed: int, units: Sequence[str]) -> None:
        self.units = tuple(units)
        self._pack, self._seed = pack, seed
        self._size = {unit: self._dice(unit).lognormvariate(0, 0.7) for unit in units}

    def report(self, form: str, unit: str, period: Period) -> Report:
        """Return a good report."""
        make = {
            "disbursement": self._capital,
            "livelihoods": self._support,
            "outcomes": self._outcomes,
            "stock": self._stock,
            "training": self._training,
            "works": self._works,
        }
        return Report(form, unit, period, make[form](unit, period))

    def _dice(self, *about: object) -> random.Random:
        return random.Random("-".join(map(str, (self._seed, *about))))

    def _paid(self, *about: object, quarter: int) -> float:
        """Return the share of a year's plan that is paid by the end of a quarter."""
        dice = self._dice(*about, "paid")
        start, end, speed = (
            dice.choice((0, 0, 1, 1, 2)),
            dice.uniform(0.6, 1.0),
            dice.uniform(0.6, 2.0),
        )
        paid = end * (max(quarter - start, 0) / (4 - start)) ** speed
        # Of some projects hardly anything but a fee is paid in the first quarter.
        return paid * dice.uniform(0.001, 0.01) if quarter == 1 and dice.random() < 0.1 else paid

    def _capital(self, unit: str, period: Period) -> dict[str, Lines]:
        largest = {
            "da1": 4000,
            "da3_tda2": 2500,
            "da4_tda1": 9000,
            "da5_tda4": 600,
            "da6": 700,
            "da8": 500,
            "da10_tda1": 300,
        }
        streams = {
            "central_investment": 0.5,
            "local_investment": 0.05,
            "central_recurrent": 0.35,
            "carried_over": 0.1,
        }
        lines: Lines = {}
        for line, amount in largest.items():
            if self._dice(unit, line).random() < 0.2:
                continue  # this unit has nothing of the project
            lines[line] = {}
            for stream, share in streams.items():
                about = (unit, line, stream, period.year)
                dice = self._dice(*about)
                plan = amount * share * self._size[unit] * dice.lognormvariate(0, 0.4)
                if dice.random() < 0.1 and period.number >= 3:
                    plan *= dice.uniform(0.7, 1.6)
                paid = plan * self._paid(*about, quarter=period.number)
                lines[line] |= {
                    f"plan_{stream}_vnd": round(plan, 1),
                    f"disbursed_{stream}_vnd": round(paid, 1),
                }
        return {"capital": lines}

    def _support(self, unit: str, period: Period) -> dict[str, Lines]:
        kinds = {
            "residential_land": (30, 40),
            "housing": (120, 44),
            "job_conversion": (250, 10),
            "dispersed_water": (100, 3),
        }
        lines: Lines = {}
        for line, (households, million) in {
            **kinds,
            "vocational": (80, 4),
            "production_models": (40, 25),
        }.items():
            about = (unit, line, period.year, "support")
            dice = self._dice(*about)
            planned = max(int(households * self._size[unit] * dice.lognormvariate(0, 0.5)), 1)
            done = int(planned * self._paid(*about, quarter=period.number))
            each = million * self._dice(unit, line).uniform(0.8, 1.2)
            poor, ethnic, women = (int(done * dice.uniform(low, 0.9)) for low in (0.6, 0.5, 0.1))
            lines[line] = {
                "planned": planned,
                "supported": done,
                "supported_poor": poor,
                "supported_ethnic": ethnic,
            }
            lines[line] |= {"supported_women": women, "support_vnd": round(done * each, 1)}
        return {
            "support": lines,
            "model_list": self._models(unit, period, lines["production_models"]),
        }

    def _models(self, unit: str, period: Period, support: Mapping[str, Cell]) -> Lines:
        """Return models that share the households of the summary and their money."""
        dice = self._dice(unit, period, "models")
        left = int(str(support["supported"]))
        money = float(str(support["support_vnd"]))
        each, lines = money / left if left else 0, {}
        while left:
            households = min(dice.randint(4, 15), left)
            left -= households
            number = len(lines) + 1
            kind, commune = (
                dice.choice(("crops", "livestock", "aquaculture")),
                self._commune(unit, period, number),
            )
            lines[str(number)] = {
                "model_name": f"Mô hình {unit}-{number}",
                "model_kind": kind,
                "model_commune": commune,
            }
            lines[str(number)] |= {
                "model_households": households,
                "model_vnd": round(households * each * 0.99, 1),
            }
        return lines

    def _training(self, unit: str, period: Period) -> dict[str, Lines]:
        dice = self._dice(unit, period, "training")
        classes = dice.choice((0, 1, 1, 2, 3, 5)) if period.number < 4 else dice.randint(1, 6)
        listed = {str(n): self._class(unit, period, n) for n in range(1, classes + 1)}
        people = sum(int(str(line["class_participants"])) for line in listed.values())
        officials = int(people * dice.uniform(0.1, 0.4))
        women, ethnic = int(people * dice.uniform(0.3, 0.6)), int(people * dice.uniform(0.3, 0.8))
        planned = round(people * dice.uniform(0.25, 0.4), 1)
        line: dict[str, Cell] = {
            "classes": classes,
            "participants": people,
            "women": women,
            "ethnic_minority": ethnic,
        }
        line |= {
            "officials": officials,
            "community": people - officials,
            "days": classes * dice.randint(1, 4),
        }
        line |= {
            "budget_planned_vnd": planned,
            "budget_spent_vnd": round(planned * dice.uniform(0.7, 1), 1),
        }
        return {"levels": {"district": line}, "class_list": listed}

    def _class(self, unit: str, period: Period, number: int) -> dict[str, Cell]:
        dice = self._dice(unit, period, "class", number)
        first = period.start + timedelta(days=dice.randrange(0, 80))
        line: dict[str, Cell] = {
            "class_title": f"Lớp bồi dưỡng số {number}",
            "class_level": "district",
        }
        line |= {
            "class_place": self._commune(unit, period, number),
            "class_participants": dice.randint(35, 120),
        }
        return line | {
            "class_first_day": first,
            "class_last_day": first + timedelta(days=dice.randrange(0, 5)),
        }

    def _works(self, unit: str, period: Period) -> dict[str, Lines]:
        dice = self._dice(unit, "works")
        lines: Lines = {}
        for number in range(1, dice.randint(8, 20)):
            start = date(2021, 1, 1) + timedelta(days=dice.randrange(0, 1500))
            days, invested, pace = (
                dice.randint(150, 700),
                dice.lognormvariate(7.3, 0.9),
                dice.uniform(0.7, 0.97),
            )
            if start > period.end or start + timedelta(days=days + 500) < period.start:
                continue
            progress = min(int(100 * (period.end - start).days / days), 100)
            is_done = progress == 100
            lines[str(number)] = {
                "work_code": f"{unit}-{number:03d}",
                "work_name": f"Công trình số {number}",
                "work_commune": self._commune(unit, period, 0),
                "work_project": "da4_tda1",
                "work_kind": "road",
                "work_start": start,
                "work_planned_end": start + timedelta(days=days),
                "work_actual_end": start + timedelta(days=days) if is_done else None,
                "work_status": "completed" if is_done else "in_progress",
                "work_progress_pct": progress,
                "work_investment_vnd": round(invested, 1),
                "work_disbursed_vnd": round(invested * progress / 100 * pace, 1),
            }
        return {"work_list": lines}

    def _outcomes(self, unit: str, period: Period) -> dict[str, Lines]:
        years, dice = period.year - 2021, self._dice(unit, "outcomes")
        households, people = {}, {}
        for group, share in (("khmer", 0.7), ("hoa", 0.2), ("other", 0.1)):
            count = int(5000 * self._size[unit] * share * dice.uniform(0.8, 1.2) * 1.01**years)
            households[group] = self._of(count, dice, years, "households", HOUSEHOLDS)
            people[group] = self._of(
                int(count * dice.uniform(3.7, 4.4)), dice, years, "people", PEOPLE
            )
        of_school = {
            level: int(900 * self._size[unit] * dice.uniform(0.7, 1.3)) for level in SCHOOLS
        }
        school = {
            level: self._of(n, dice, years, "school_age", {"enrolled": (0.88, 0.99)})
            for level, n in of_school.items()
        }
        # A district knows its communes; each has a health station. A commune is one itself.
        communes = len(self._pack.units.children(unit, period.end)) or 1
        hamlets = int(communes * HAMLETS * dice.uniform(0.8, 1.2))
        of_place = {
            "commune_road": communes,
            "hamlet_road": hamlets,
            "classrooms": int(communes * CLASSROOMS * dice.uniform(0.8, 1.2)),
            "health_stations": communes,
            "hamlet_house": hamlets,
            "hamlet_arts": hamlets,
        }
        places = {
            line: self._of(n, dice, years, "existing", {"reaching": (0.3, 0.95)})
            for line, n in of_place.items()
        }
        income = {
            "income_vnd": round(dice.uniform(28, 40) * 1.08**years, 1),
            "income_2020_vnd": round(dice.uniform(24, 28), 1),
        }
        by_table: dict[str, Any] = {
            "ethnic_households": households,
            "ethnic_people": people,
            "school": school,
            "places": places,
        }
        return by_table | {"income": {"ethnic_minority": income}}

    def _of(
        self,
        whole: int,
        dice: random.Random,
        years: int,
        name: str,
        shares: Mapping[str, tuple[float, float]],
    ) -> dict[str, Cell]:
        """Return a whole and its parts: a share of the whole each; "a of b" is a share of b."""
        line: dict[str, Cell] = {name: whole}
        for called, (low, high) in shares.items():
            part, _, of = called.partition(" of ")
            share = dice.uniform(low, high)
            # From year to year bad shares fall and good shares grow; the others stay.
            if part in FALLING:
                share *= 0.85**years
            elif high > 0.3:
                share = 1 - (1 - share) * 0.9**years
            line[part] = int(int(str(line[of or name])) * share)
        return line

    def _stock(self, unit: str, period: Period) -> dict[str, Lines]:
        opening, closing = (
            int(400 * self._size[unit] * self._dice(unit, p).uniform(0.5, 1.5))
            for p in (period.moved(-1), period)
        )
        return {
            "stock": {
                "seed": {
                    "opening": opening,
                    "closing": closing,
                    "cost_vnd": round(closing * 0.3, 1),
                }
            }
        }

    def _commune(self, unit: str, period: Period, number: int) -> str:
        communes = self._pack.units.children(unit, period.end)
        if not communes:
            # The unit is a commune itself.
            itself = self._pack.units.get(unit, period.end)
            assert itself is not None
            return itself.name
        return communes[number % len(communes)].name
