"""Reporting units: the register of `units.csv`, written names, and successors of old units.

Begin with `register.UnitRegister`. A unit exists from a day to a day: every look-up is for a day,
as districts ended on 30 June 2025. `names` says which units a written name may mean.
"""
