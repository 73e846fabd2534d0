"""The steps of a run, its context, and how they run under Prefect."""
