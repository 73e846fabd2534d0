"""The deployments of many provinces on one Prefect server."""
