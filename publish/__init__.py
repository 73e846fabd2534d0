"""What leaves the system: blank forms, marked workbooks, mails and the site.

People read it, in Vietnamese.
"""
