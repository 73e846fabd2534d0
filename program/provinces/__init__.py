"""The provinces that one installation runs: `provinces.yaml` and the times of their runs.

`provinces_file` reads and checks the file, `stagger` spreads the runs. What becomes of it on
Prefect's server: `flows.provinces`.
"""
