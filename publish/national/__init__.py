"""What a province sends to the country, and the country's own pages.

`partition` writes a province's marts for the country. The other modules are the country's side:
`national_data` asks its file (`warehouse.national`), `national_site` writes the pages of
`publish.site` with provinces where units were, `narrative_counts` a page that only the country has.
"""
