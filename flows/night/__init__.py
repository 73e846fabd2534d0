"""A run: its context, its steps as plain functions, and how they go under Prefect.

Begin with `steps`: a step joins packages that do not know each other. `run_context` is what all
steps get, `tasks` the same steps as Prefect tasks, `collecting` the step that collects, `runtime`
what Prefect needs. The order of the steps is in `flows.nightly` and `flows.intake`.
"""
