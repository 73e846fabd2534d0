"""`mtqg mail`: send the mails that wait, and preview all kinds of mail.

`mail` has the commands. `sample_words` words the findings of the previews by the pack's own rules,
which `publish.preview` may not import. Sending is in `flows.mail`.
"""
