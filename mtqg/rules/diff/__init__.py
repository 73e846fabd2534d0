"""`mtqg rules diff`: what a change to the rules would do to all archived reports.

Begin with `difference`, the command. `sides` are the two rule sets, `replay` checks every archived
delivery by both, `comparison` collects what differs, `cross_check_diff` does so for the rules
between reports, and `difference_report` prints it. Nothing is written.
"""
