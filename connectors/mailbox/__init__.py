"""A folder of a mailbox: an IMAP server over TLS, or a Maildir. No mail is ever deleted.

`address` parses the URL that both have, `failures` turns the errors of both into ours. The source
of deliveries (`connectors.sources.mailbox`) and the mailbox for bounces use it; what a mail means
is in `connectors.mails` and `connectors.bounces`.
"""
