"""Forms as data: tables, columns, elements, units of measure and totals, declared in YAML."""
