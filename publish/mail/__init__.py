"""Mails: what a letter says, its headers and attachments, and the transport that sends it."""
