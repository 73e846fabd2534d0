"""Reports that are JSON instead of workbooks, laid out as sheets so that one reader reads all.

`portal_report` is the portal's contract (docs/portal.md). `tool_submission` turns a submission of
KoboToolbox or ODK Central into that contract by its mapping (`program.tools.tool_form`). Unlike
`connectors.reader.open`, these modules know the forms of the pack.
"""
