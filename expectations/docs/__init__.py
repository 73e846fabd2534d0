"""The pages of docs/rules and their examples, checked by the real rules. Off a run's path.

Begin with `examples` and `scenarios` (the YAML of `suites/examples/`), then `check_examples`, which
checks all of them as real reports are checked. Only `mtqg rules pages` and tests call it.
"""
