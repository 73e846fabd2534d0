"""Where mails go: the server of `MTQG_SMTP_URL`, given in words or kept in a block of Prefect's, or the folder of the outbox.

A block is named `prefect:email-server-credentials/<name>` (prefect-email) or `prefect:secret/<name>` (the URL as Prefect's own
secret). The password then stands in Prefect's database, encrypted, and in no file of ours.
"""

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from pydantic import SecretStr

from program.errors import ConfigurationError
from program.settings import Settings
from publish.post import Post
from publish.post import open_post as open_post_of

if TYPE_CHECKING:
    from prefect_email import EmailServerCredentials

_BLOCK = re.compile(r"prefect:(secret|email-server-credentials)/([a-z0-9-]+)")


def open_post(settings: Settings) -> Post:
    """Return where mails go. Raises ConfigurationError for a URL or a block that is not as it should be."""
    url = settings.smtp_url.get_secret_value()
    if not url.startswith("prefect:"):
        return open_post_of(settings)
    return open_post_of(settings.model_copy(update={"smtp_url": SecretStr(_url_of_block(url))}))


def _url_of_block(url: str) -> str:
    match = _BLOCK.fullmatch(url)
    if match is None:
        raise ConfigurationError(
            f"MTQG_SMTP_URL: expected prefect:email-server-credentials/NAME or prefect:secret/NAME, found {url!r}"
        )
    kind, name = match.groups()
    # Prefect takes a second to import, and most deployments have no block.
    from prefect.blocks.system import Secret  # noqa: PLC0415
    from prefect_email import EmailServerCredentials  # noqa: PLC0415

    try:
        if kind == "secret":
            return str(cast("Secret[str]", Secret.load(name)).get())
        return url_of_credentials(cast("EmailServerCredentials", EmailServerCredentials.load(name)), name)
    except ValueError as wrong:
        raise ConfigurationError(
            f"MTQG_SMTP_URL: Prefect has no block {kind}/{name}; `prefect block ls` shows what it has (docs/deployment.md)"
        ) from wrong


def url_of_credentials(block: "EmailServerCredentials", name: str) -> str:
    """Return the URL that says what the block says. It may not say less than a URL of ours: certificates are verified."""
    from prefect_email.credentials import SMTPServer, SMTPType  # noqa: PLC0415

    host = block.smtp_server.value if isinstance(block.smtp_server, SMTPServer) else block.smtp_server
    kind = block.smtp_type
    is_open = kind is SMTPType.INSECURE and not _is_this_machine(host)
    if not isinstance(kind, SMTPType) or is_open or not block.verify:
        raise ConfigurationError(
            f"MTQG_SMTP_URL: block {name}: expected smtp_type SSL or STARTTLS (INSECURE on this machine only) and verify true, "
            f"found {getattr(kind, 'name', kind)} and {str(block.verify).lower()} for {host}"
        )
    password = block.password.get_secret_value()
    user = f"{quote(block.username, safe='')}:{quote(password, safe='')}@" if block.username else ""
    scheme = "smtps" if kind is SMTPType.SSL else "smtp"
    rest = "?starttls=never" if kind is SMTPType.INSECURE else ""
    return f"{scheme}://{user}{host}:{block.smtp_port or kind.value}{rest}"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
