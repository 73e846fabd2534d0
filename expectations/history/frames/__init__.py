"""The frames that the rules of history check: the figures of a report beside earlier ones.

`all_frames.history_frames` builds all of a form version. Figures stand beside the unit's own past
(`unit_trend`) and its peers (`peers`); lines of lists beside the same lines before (`lines`);
`matrix_lines`, `copies` and `indicators` have a frame each. What a rule may name in a frame is
declared in `expectations.history.columns`.
"""
