"""Sample mails of each kind, which the office reviews before the first real one.

Nothing here is real, and nothing is sent. `sample` invents the report, `letters` and `morning` the
mails about it, `writing` puts them into a folder. The mails are made as real ones (`publish.mail`).
"""
