"""The warehouse as a whole: copy, compare, swap, what a rebuild needs, and what is deleted.

`dump` copies it to a file, `diff` compares two row by row, `swap` puts one in place of another,
`replay_log` keeps what the archived bytes do not say, `retention` says which bytes are due for
deletion. The steps that join them are in `flows.recovery`.
"""
