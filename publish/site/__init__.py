"""The site: static pages for leaders and the office, and a workbook for each page with tables.

`site.publish_site` is the whole of it: `site_data` asks the warehouse once, a module for each kind
of page makes values of the rows, `pages` renders and writes those whose contents changed. `tables`,
`charts` and `sheets` are parts of pages. Templates: `templates/site/`; docs/site.md.
"""
