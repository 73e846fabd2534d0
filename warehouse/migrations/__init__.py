"""The migrations of the schema.

`make migration MESSAGE="..."` drafts the next one from `warehouse.tables`.
"""
