"""Sending letters, the operator's digest, and mails that bounced."""
