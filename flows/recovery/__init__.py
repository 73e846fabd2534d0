"""What a run cannot do for itself: rebuild, verify, purge, and notice that no run completed.

`replay_log` keeps in the archive what the bytes do not say; `rebuild` makes the warehouse again
from both. `crashed_runs` and `heartbeat` find runs that died or never began. Which of them when:
docs/maintenance.md.
"""
