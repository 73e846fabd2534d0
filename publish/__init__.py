"""Outward: templates for districts, mails, the site. What is written here is read by people, in Vietnamese."""
