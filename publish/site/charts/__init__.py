"""Charts as geometry: numbers for the templates, which draw them as inline SVG.

Each chart is a function from values to a dataclass of points. Knows no warehouse and no template.
"""
