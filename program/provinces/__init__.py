"""The provinces that one installation runs: `provinces.yaml` and the times of their runs."""
