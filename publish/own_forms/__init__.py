"""Forms of the province's own: workbooks and documents with places that are filled with figures."""
