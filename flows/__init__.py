"""The flows and their steps. The only package that imports prefect.

Prefect loads `flows/nightly.py` by path and puts this folder first on `sys.path`. So no module
here may have the name of another package, such as `publish` or `warehouse`: it would hide it.
"""
