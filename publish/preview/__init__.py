"""Sample mails of each kind, which the office reviews before the first real one.

Nothing here is real, and nothing is sent.
"""
