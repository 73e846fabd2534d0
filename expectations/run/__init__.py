"""Running rules over a batch: all reports of a form that a run checks together.

`batch_checker` is the way of a batch; `frames` are the tables that rules check; `suite` makes
Great Expectations' expectations of rules; `gx_runner` and `gx_metrics` compute them;
`form_findings` turns failures into findings. Cost grows with rows, not with reports.
"""
