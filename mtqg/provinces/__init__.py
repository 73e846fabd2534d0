"""`mtqg provinces`: many provinces on one Prefect server."""
