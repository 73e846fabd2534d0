"""Sending: the letters of the outbox, channels, the operator's digest, and what bounced.

Begin with `send_letters`: each letter is leased, composed (`publish.mail`), sent and marked.
`mail_transport` is the server or the folder. What there is to send is decided in
`warehouse.outbox`.
"""
