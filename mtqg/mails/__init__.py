"""`mtqg mail`: send the mails that wait, and preview all kinds of mail."""
