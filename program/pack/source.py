"""The sources of deliveries, as a pack declares them in `sources.yaml`."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator

from program.pack.contact import Address
from program.pack.secret import Options, SecretText, refuse_password
from program.pack.yaml_file import Model


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled pattern. Raises ValueError, as pydantic expects, for a wrong one."""
    try:
        return re.compile(pattern)
    except re.error as wrong:
        raise ValueError(f"not a regular expression: {wrong}") from wrong


class SourceBudget(Model):
    """What one run takes from a source at most; the rest comes with the next run.

    `seconds` end a list that has no end, and `answer_seconds` one answer of another machine: the
    list of a folder, or a file. `files_per_sender` keeps one sender who puts a whole
    archive into the inbox from holding up the others. `bytes` ends with the file that exceeds it.
    """

    seconds: int = Field(1800, gt=0)
    answer_seconds: float = Field(300, gt=0)
    files: int = Field(20_000, gt=0)
    bytes: int = Field(20_000_000_000, gt=0)
    files_per_sender: int = Field(500, gt=0)


class _AnySource(Model):
    """What every source declares.

    `synthetic` is a pattern for names of files with invented figures: these are marked wherever
    they are shown.
    """

    name: str
    synthetic: str | None = None
    budget: SourceBudget = SourceBudget()

    @field_validator("synthetic")
    @classmethod
    def _check_synthetic(cls, pattern: str | None) -> str | None:
        if pattern:
            _compiled(pattern)
        return pattern

    def secrets(self) -> Iterator[SecretText]:
        """Yield the secrets that this source needs: its keys of that type, and its options."""
        for _, value in self:
            values = value.values() if isinstance(value, dict) else [value]
            for each in values:
                if isinstance(each, SecretText):
                    yield each


class FolderSource(_AnySource):
    """A folder here or on another machine (docs/sources-of-deliveries.md).

    `MTQG_INBOX_URL` and `MTQG_INBOX_OPTIONS` take the place of `url` and `options`.

    `sender` is a pattern for a file's path below the folder. Its group `unit` is the code of the
    unit that sent the file. A file is taken once it has not changed for `settle_seconds`; a zip
    package, such as an .xlsx, as soon as it has its end.
    """

    kind: Literal["folder"]
    url: str
    options: Options = Field({})
    sender: str
    settle_seconds: int = 60

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return refuse_password(url)

    @field_validator("sender")
    @classmethod
    def _check_sender(cls, pattern: str) -> str:
        if "unit" not in _compiled(pattern).groupindex:
            raise ValueError("the pattern needs a group (?P<unit>…)")
        return pattern


class PortalSource(_AnySource):
    """The province's HTTP portal (docs/portal.md). `MTQG_PORTAL_URL` takes precedence over `url`.

    Without an address there is no such source.
    """

    kind: Literal["portal"]
    url: str | None = None


class MailboxSource(_AnySource):
    """A folder of a mailbox: each mail is a delivery, and so is each of its attachments.

    `MTQG_MAILBOX_URL` (imaps://user:password@host or maildir:/path) takes precedence over `url`,
    which may hold no password. Without an address there is no such source.

    `address` is the address of the mailbox. Our letters then ask for an answer to it.

    `authentication_server` is the name (authserv-id) under which the server that receives the
    mails writes Authentication-Results; without it, no result counts. `require_authentication`
    holds the mails about which that server says nothing, too.
    """

    kind: Literal["mailbox"]
    url: str | None = None
    address: Address | None = None
    folder: str = "INBOX"
    authentication_server: str | None = None
    require_authentication: bool = False

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        # A pack is read by many, and is kept in a repository.
        if url and not url.startswith("maildir:"):
            raise ValueError("a server and its password belong in MTQG_MAILBOX_URL")
        return url


class _ToolSource(_AnySource):
    """A form of a form tool (docs/sources-of-deliveries.md).

    Without `url` it is not asked; what came from it is still read by its mapping. `tool_form` names
    the mapping `tool_forms/<name>.yaml`. `senders` says for which unit each account of the tool
    reports. With it, a submission of any other account is held for the office; without it, the
    report's own field names the unit.
    """

    url: str | None = None
    tool_form: str
    senders: dict[str, str] = Field({})


class KoboSource(_ToolSource):
    """A form of KoboToolbox: the asset with uid `asset`, read with an API token."""

    kind: Literal["kobo"]
    asset: str = Field(pattern=r"^[A-Za-z0-9]{1,40}$")
    token: SecretText


class OdkSource(_ToolSource):
    """A form of ODK Central: `form` of the project with number `project`.

    `account` is the e-mail address of a web user who may read submissions (a Project Viewer).
    """

    kind: Literal["odk"]
    project: int = Field(gt=0)
    form: str = Field(min_length=1)
    account: str = Field(pattern=r"^[!-9;-~]+@[!-9;-~]+$")
    password: SecretText


ToolSource = KoboSource | OdkSource
Source = Annotated[
    FolderSource | PortalSource | MailboxSource | KoboSource | OdkSource,
    Field(discriminator="kind"),
]
