"""Where mails go: the mail server of `MTQG_SMTP_URL`, or the outbox folder.

The setting holds a URL, or names a block of Prefect: `prefect:email-server-credentials/<name>`
(prefect-email) or `prefect:secret/<name>` (a secret that holds the URL). Then the password is
stored in Prefect's database, encrypted, and in no file of this project.
"""

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from pydantic import SecretStr

from program.errors import ConfigurationError
from program.settings import Settings
from publish.mail.transport import MailTransport, open_transport

if TYPE_CHECKING:
    from prefect_email import EmailServerCredentials

_BLOCK = re.compile(r"prefect:(secret|email-server-credentials)/([a-z0-9-]+)")


def transport_of(settings: Settings) -> MailTransport:
    """Return the mail server or folder that mails go to.

    Raises ConfigurationError if the URL or the block is wrong.
    """
    url = settings.smtp_url.get_secret_value()
    if not url.startswith("prefect:"):
        return open_transport(settings)
    resolved = SecretStr(_url_of_block(url))
    return open_transport(settings.model_copy(update={"smtp_url": resolved}))


def _url_of_block(url: str) -> str:
    """Return the URL that a block of Prefect stands for."""
    match = _BLOCK.fullmatch(url)
    if match is None:
        raise ConfigurationError(
            "MTQG_SMTP_URL: expected prefect:email-server-credentials/NAME or "
            f"prefect:secret/NAME, found {url!r}"
        )
    kind, name = match.groups()
    # Prefect takes a second to import, and most deployments have no block.
    from prefect.blocks.system import Secret  # noqa: PLC0415
    from prefect_email import EmailServerCredentials  # noqa: PLC0415

    try:
        if kind == "secret":
            secret = cast("Secret[str]", Secret.load(name))
            return str(secret.get())
        credentials = cast("EmailServerCredentials", EmailServerCredentials.load(name))
        return url_of_credentials(credentials, name)
    except ValueError as wrong:
        raise ConfigurationError(
            f"MTQG_SMTP_URL: Prefect has no block {kind}/{name}; `prefect block ls` shows what "
            "it has (docs/deployment.md)"
        ) from wrong


def url_of_credentials(block: "EmailServerCredentials", name: str) -> str:
    """Return the URL that a block of mail credentials stands for.

    Raises ConfigurationError if the block is less safe than a URL may be: certificates must be
    verified, and only a server on this machine may be used without encryption.
    """
    from prefect_email.credentials import SMTPServer, SMTPType  # noqa: PLC0415

    host = block.smtp_server
    if isinstance(host, SMTPServer):
        host = host.value
    kind = block.smtp_type
    is_unencrypted = kind is SMTPType.INSECURE
    is_exposed = is_unencrypted and not _is_this_machine(host)
    if not isinstance(kind, SMTPType) or is_exposed or not block.verify:
        found = f"{getattr(kind, 'name', kind)} and {str(block.verify).lower()} for {host}"
        raise ConfigurationError(
            f"MTQG_SMTP_URL: block {name}: expected smtp_type SSL or STARTTLS (INSECURE on this "
            f"machine only) and verify true, found {found}"
        )
    scheme = "smtps" if kind is SMTPType.SSL else "smtp"
    login = _login_of(block)
    port = block.smtp_port or kind.value
    query = "?starttls=never" if is_unencrypted else ""
    return f"{scheme}://{login}{host}:{port}{query}"


def _login_of(block: "EmailServerCredentials") -> str:
    """Return user and password as a URL has them; "" if the block has no user."""
    if not block.username:
        return ""
    password = block.password.get_secret_value()
    return f"{quote(block.username, safe='')}:{quote(password, safe='')}@"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
