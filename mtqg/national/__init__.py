"""`mtqg national`: the country's figures from the partitions of all provinces.

`national` has the commands, `printed` what they print. The file is built in `warehouse.national`,
the pages are in `publish.national`; docs/national.md.
"""
