"""Every error this project raises, grouped by what to do about it.

    MtqgError
    ├── ConfigurationError      stop, and fix the pack or a setting
    ├── AskedError              ask otherwise: a command was given what does not exist
    ├── SourceError             retry; if it persists, tell the operator (the source is down or misbehaves)
    │   ├── TransientError      a retry is likely to cure it
    │   └── StillArriving       nothing to do: the next night takes it
    ├── ReaderError             stop, and mend the machine: the processes that read deliveries do not start or do not answer
    ├── ArchiveError            stop: stored bytes are missing, or differ from their own sha256
    ├── WarehouseError          roll back; nothing of the transaction remains; run again
    └── DeliveryFailed          a mail could not be handed over; it stays in the outbox and is tried again
        ├── DeliveryRefused     the mail server will never take this mail: mend the address, then `mtqg mail retry`
        └── MailServerDown      the mail server (or the outbox's disk) takes no mail at all: mend it or its URL; all mails wait

Bad data is not an error: what is wrong with a submission is a `program.finding.Finding`. Findings go to
districts, errors to operators, and the two are never mixed.
"""


class MtqgError(Exception):
    """Something an operator must know. The message says what, where, expected, found and what to do."""


class ConfigurationError(MtqgError):
    """A pack file or a setting is wrong. Fix it; a retry does not help."""


class AskedError(MtqgError):
    """A command was asked for a form, unit, period, source or figure that there is not; the message says what there is."""


class SourceError(MtqgError):
    """A source (folder, portal), or the mailbox of bounces, did not answer as its contract says."""


class TransientError(SourceError):
    """A source failed in a way that usually passes: time-out, 429, 5xx."""


class StillArriving(SourceError):  # noqa: N818  (a state of a file that passes, no fault)
    """A file is being written while the night reads it; it is left for the next night."""


class ReaderError(MtqgError):
    """The processes that read deliveries do not start, or answer what nobody understands; no delivery is to blame."""


class ArchiveError(MtqgError):
    """The archive cannot give back, or cannot keep, the bytes it was asked for."""


class WarehouseError(MtqgError):
    """The warehouse cannot be reached or does not fit this version of the code."""


class DeliveryFailed(MtqgError):  # noqa: N818
    """A mail could not be handed to the mail server this time; it stays pending in the outbox."""


class DeliveryRefused(DeliveryFailed):
    """The mail server refused a mail for good (5xx): an unknown address, say. It is not tried again by itself."""


class MailServerDown(DeliveryFailed):
    """The mail server, or the outbox's folder, cannot be reached or refuses us: no mail is to blame, and none is tried."""
