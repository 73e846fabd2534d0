"""Every error of this project, grouped by what to do about it.

    MtqgError
    ├── ConfigurationError      stop, and correct the pack or a setting
    ├── UsageError              correct the command: it names something that does not exist
    ├── SourceError             retry; if it stays, tell the operator that the source does not work
    │   ├── TransientError      a retry probably helps
    │   └── StillArrivingError       do nothing: the next run reads the file
    ├── ReaderError             stop, and repair the machine: the reader's processes do not work
    ├── PushRefusedError        correct the mapping or the other system: it refused figures
    ├── ArchiveError            stop: stored bytes are missing, or differ from their sha256
    ├── WarehouseError          the transaction is rolled back; run again
    │   └── RunActiveError      wait: another run works on the same warehouse
    └── MailDeferredError          a mail could not be sent; it stays in the outbox for the next try
        ├── MailRejectedError     correct the address, then `mtqg mail retry`: this mail is refused
        └── MailServerUnavailableError  repair the mail server, its URL or the disk
            └── MailServerSilentError   it took a mail and did not answer: the mail may have gone

Bad data is not an error: what is wrong with a submission is a `program.finding.Finding`. Findings
go to districts, errors to operators. The two are never mixed.
"""


class MtqgError(Exception):
    """Something that an operator must know.

    The message says what is wrong and where, what was expected and found, and what to do.
    """


class ConfigurationError(MtqgError):
    """A file of the pack or a setting is wrong. A retry does not help."""


class UsageError(MtqgError):
    """A command names a form, unit, period, source or figure that does not exist.

    The message lists those that exist.
    """


def not_installed(package: str, extra: str) -> UsageError:
    """Return the error of a command that needs an optional package, with how to install it."""
    return UsageError(
        f"this command needs the package {package}: pip install 'mtqg-monitor[{extra}]'"
    )


class SourceError(MtqgError):
    """A source (folder, portal) or the mailbox of bounces did not answer as its contract says."""


class TransientError(SourceError):
    """A source failed in a way that is usually temporary: time-out, 429, 5xx."""


class StillArrivingError(SourceError):
    """A file is still being written. The next run reads it."""


class PushRefusedError(MtqgError):
    """Another system did not take some of the figures that were sent to it. It names which."""


class ReaderError(MtqgError):
    """The processes that read deliveries do not start, or give a wrong answer.

    No delivery is the cause.
    """


class ArchiveError(MtqgError):
    """The archive cannot return or store bytes."""


class WarehouseError(MtqgError):
    """The warehouse cannot be reached, or has the schema of another version of the code."""


class RunActiveError(WarehouseError):
    """Another run works on the same warehouse. Only one can."""


class MailDeferredError(MtqgError):
    """A mail could not be sent this time. It stays pending in the outbox."""


class MailRejectedError(MailDeferredError):
    """The mail server refused a mail for good (5xx), such as for an unknown address.

    No run tries it again.
    """


class MailServerUnavailableError(MailDeferredError):
    """The mail server or the outbox's folder cannot be reached, or refuses every mail.

    No mail is the cause, and no other mail is tried.
    """


class MailServerSilentError(MailServerUnavailableError):
    """The mail server was given a mail and did not answer in time. The mail may have gone out.

    It counts as an attempt for this mail, so that the next sending begins with another one.
    """
