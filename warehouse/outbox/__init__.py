"""The outbox: notices that wait, the letters made of them, and what need not be sent any more.

`enqueue` is the only way in. `follow_ups`, `reminders` and `morning` queue what follows from the
ledger, `letters` joins the notices of a recipient, `queue` leases a letter to one sender,
`obsolete` says what is settled. The words of a letter are in `publish.mail`.
"""
