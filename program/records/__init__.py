"""Plain values that cross from one package to another, as frozen dataclasses.

`query_rows`, `site_rows` and `plan_rows` are what queries return; `letter` and `digest` what mails
are made of; `history` and `current_report` what rules are handed; `purge_record` and `audit` what
is kept for good. Nothing here asks or writes anything.
"""
