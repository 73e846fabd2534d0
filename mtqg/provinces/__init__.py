"""`mtqg provinces`: many provinces on one Prefect server.

`provinces` has the commands. `faults` finds what is wrong with the file, `opening` tries what a run
would open, `overview` is the table of all. Deploying is in `flows.provinces`.
"""
