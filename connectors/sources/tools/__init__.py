"""Form tools as sources: KoboToolbox and ODK Central. Each submission is an offer, as JSON.

`kobo` and `odk` list submissions, `submissions` is what they share. `questions` compares a mapping
with the form in its tool, for `mtqg pack check --tools`. How answers become tables:
`connectors.reader.json_reports`.
"""
