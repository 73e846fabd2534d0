"""Mails: what a letter says, its headers and attachments, and the transport that sends it.

`letter_context` decides what a letter means for its receiver, `message.compose` writes it from
`templates/mail/`, `transport` sends it; `channels` are short messages beside mail. When and to whom
a letter goes is decided in `warehouse.outbox` and `flows.mail`. docs/mail.md lists all kinds.
"""
