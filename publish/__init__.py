"""What leaves the system, in Vietnamese, for people: mails, workbooks, documents and the site.

A package for each kind: `mail`, `marking`, `template`, `reports`, `documents`, `own_forms`, `site`,
`data`, `national`, `dhis2`; `preview` shows the mails. `rendering` is the Jinja environment of all
texts, `output_folder` writes only what changed. Templates and sentences are in `templates/`.
May import: `warehouse` (its queries), `expectations`, `connectors`, `program`.
"""
