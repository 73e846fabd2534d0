"""Charts as geometry: numbers for the templates, which draw them as inline SVG."""
