"""`python -m mtqg`."""

from mtqg.cli import main

main()
