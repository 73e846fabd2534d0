"""Reports of the office: workbooks and documents that are filled from the warehouse."""
