"""The flows: runs under Prefect. The only package that imports prefect.

Begin with `nightly`: a whole run on one page. `intake` is the short run of office hours. `night`
has the steps of both, `mail` the sending, `recovery` what follows a crash, `provinces` the
deployments of many provinces.
`fan_out` does mass work here or by Dask. May import: every package below (`mtqg` is above).

Prefect loads `flows/nightly.py` by path and puts this folder first on `sys.path`. So no module
here may have the name of another package, such as `publish` or `warehouse`: it would hide it.
"""
