"""The flows, and the steps they are made of. The only room that imports prefect.

Prefect loads `flows/nightly.py` by path with this folder first on `sys.path`: no module here may bear the name of
another room (`publish.py`, `warehouse.py`), or it would hide it.
"""
