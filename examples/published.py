"""What is published about Sóc Trăng and bears on the sample, each figure with its source.

The published reports of the sample print these figures. The synthetic districts add up to them, or
lie near them. S…: docs/sources.md; tags C and D are explained there.
"""

from datetime import date
from typing import Final

# ---- The training of 2024 (C, S0): the classes in the districts, all for the communities.
COMMUNITY_CLASSES: Final = 8
COMMUNITY_PEOPLE: Final = 1_448
FIRST_CLASS_DAY: Final = date(2024, 12, 2)
LAST_CLASS_DAY: Final = date(2024, 12, 20)
OWN_CLASS: Final = ("942", "943", "944", "946", "949", "950", "951")
"""The units that had a class of their own."""
JOINT_CLASS: Final = ("945", "947", "948")
"""The units whose one class was held in the city. Which of them reports it: unknown."""

# ---- Units
RURAL_COMMUNES: Final = 80
"""The communes that are a xã (C, S81; the city has none)."""

# ---- Ethnic-minority people and households
ETHNIC_PEOPLE: Final = 423_000
"""C, S52: 2023."""
ETHNIC_SHARES: Final = {"khmer": 30.19, "hoa": 5.22, "other": 0.03}
"""Percent of the whole population (C, S40: 2024; `other` is the rest of 35.44)."""
KHMER_SHARE_VINH_CHAU, HOA_SHARE_VINH_CHAU = 0.52, 0.17
"""C, S51 and S52: "trên 52%" and 17 %."""
ETHNIC_SHARE_TRAN_DE: Final = 0.53
"""C, S77: "over 53 percent"."""
ETHNIC_SHARE_CHAU_THANH: Final = 0.52
"""C, S78: "gần 52%"."""
KHMER_POOR_2022, KHMER_POOR_PCT_2022 = 7_122, 7.01
HOA_POOR_2022, HOA_POOR_PCT_2022 = 345, 2.09
"""C, S44: poor households at the end of 2022, and their share."""
KHMER_HOUSEHOLDS: Final = round(KHMER_POOR_2022 * 100 / KHMER_POOR_PCT_2022)
HOA_HOUSEHOLDS: Final = round(HOA_POOR_2022 * 100 / HOA_POOR_PCT_2022)
"""D: the count over its share, so true to about 0.1 %. No source prints the households."""
KHMER_POOR_PCT_2023: Final = 3.86
"""C, S80: printed on 8/4/2024."""
ETHNIC_POOR_2023: Final = 4_116
"""C, S79: the end of 2023."""
ALL_POOR_2023, ALL_POOR_2024, ALL_NEAR_POOR_2024 = 8_526, 4_484, 17_084
"""Households of all peoples: 2023 D (S40, S46), 2024 C (S46)."""
ELECTRICITY_PCT: Final = 99.0
"""C, S79, October 2024: "trên 99%" of the ethnic-minority households."""
WATER_PCT: Final = 99.65
"""C, S80 and S79: April and October 2024."""
ROAD_PCT: Final = 100
"""C, the same: a road for cars to the centre of every xã."""

ETHNIC_POOR_2024: Final = round(ETHNIC_POOR_2023 * ALL_POOR_2024 / ALL_POOR_2023)
ETHNIC_NEAR_POOR_2024: Final = round(ALL_NEAR_POOR_2024 * ETHNIC_POOR_2023 / ALL_POOR_2023)
"""Not published, and so not for a report of the province: what the ethnic minorities have if they
kept their share of the poor households. For the synthetic districts only."""

# ---- Capital, billion đồng
PLAN_2022: Final = 243.0
"""C, S42: "gần 243". The plan of 2024: unknown."""
CENTRAL_RATE_PCT, LOCAL_RATE_PCT = 78, 79
"""C, S42: what was expected to be disbursed in 2022 of central and of local money."""
CENTRAL_SHARES_PCT: Final = (85.7, 89.6)
"""D: the share of central money in 2022 (S42), and in merged Cần Thơ 2021–2025 (S53)."""
MY_TU_PLAN: Final = 12.5
"""D, S41: a third of "trên 37,5 tỷ đồng" of 2021–2023."""

# ---- Works
WORKS_2022: Final = {"road": 48, "bridge": 11, "community_house": 1, "market": 3}
"""C, S69: works built in a year, by kind."""

# ---- Support of a year to households
JOB_CONVERSIONS_PART_2023, DISPERSED_WATER_PART_2023 = 423, 387
"""C, S41: of a part of 2023."""
JOB_CONVERSIONS_TO_2023, JOB_CONVERSIONS_TO_OCTOBER_2024 = 4_560, 4_607
RESIDENTIAL_LAND_TO_2023, HOUSES_TO_2023, DISPERSED_WATER_TO_2023 = 338, 1_899, 1_223
"""C, S43, since the programme began (the end of 2023 is inferred); October 2024: C, S79."""
MODELS_TO_2023, MODELS_TO_OCTOBER_2024 = 40, 67
"""C, S43 ("trên 40") and S79."""
SUPPORT_2024: Final = {
    "residential_land": RESIDENTIAL_LAND_TO_2023 // 2,
    "housing": HOUSES_TO_2023 // 2,
    "job_conversion": JOB_CONVERSIONS_TO_OCTOBER_2024 - JOB_CONVERSIONS_TO_2023,
    "dispersed_water": DISPERSED_WATER_PART_2023,
}
"""D: households of 2024. Job conversion: the difference of two cumulative figures. Land and houses:
the mean of 2022 and 2023. Dispersed water: as in 2023."""
MODELS_2024: Final = MODELS_TO_OCTOBER_2024 - MODELS_TO_2023
"""D: production models of 2024."""
