"""The schema's history. `make migration MESSAGE="..."` drafts the next step from `warehouse.tables`."""
