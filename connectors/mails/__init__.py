"""Mails as deliveries: what their headers say, what their senders wrote, and their attachments."""
