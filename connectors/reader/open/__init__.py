"""Opening bytes as sheets: formats, their sizes and markup. Nothing here knows a form."""
