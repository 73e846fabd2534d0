"""Mails as deliveries: who sent one, what the sender wrote, and which files are attached.

Anybody can write a mail: everything here is bounded, and a mail that breaks a library is refused.
Begin with `inbound` (what a mail says) and `mail_deliveries` (a mail as a container). Fetching
mails is in `connectors.mailbox`.
"""
