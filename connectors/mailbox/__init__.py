"""Mailboxes: an IMAP server over TLS, or a Maildir. No mail is ever deleted."""
