"""The command `mtqg`: one module or package for each sub-command, without work of its own.

`commands` lists them; a module is imported when its command is called. `cli` is the entry, and the
one place that prints errors. A command parses its options, calls the layers below and prints.
May import every package.
"""
