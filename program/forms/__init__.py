"""Forms as data: tables, columns, elements, measures and totals, declared in a pack's YAML.

Begin with `form.Form` and `table`: one declaration serves the reader, the rules, the templates, the
facts and the pages. `elements` are the figures of a form by the names of their facts.
"""
