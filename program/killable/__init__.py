"""Work in processes of their own, which end at a limit of time or memory.

Whatever one request does to its process, the next request is answered. `KillableProcess` is one
process, `KillablePool` several. Both tell how a request ended (`outcomes`); what that means is for
the caller to say. `child` is the other end. Why neither multiprocessing nor a library:
docs/decisions/0031. The processes keep faults apart. They are no sandbox for hostile code.
`left_behind` is apart from these: it ends what a process that is killed leaves running.
"""
