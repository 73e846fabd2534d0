"""Periods, stages of a year, and the reporting calendar: what is due from whom and when.

Begin with `period.Period`: its code is the only spelling in files, commands and the warehouse.
`schedule` reads `calendar.yaml` and gives the obligations of a day.
"""
