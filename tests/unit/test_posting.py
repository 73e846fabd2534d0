"""Credentials of the mail server from a block of Prefect's: what a block comes to, and what of it is refused."""

import pytest
from prefect_email import EmailServerCredentials
from pydantic import SecretStr

from flows.mail.mail_transport import transport_of, url_of_credentials
from program.errors import ConfigurationError
from program.settings import Settings
from publish.mail.transport import FolderTransport, SmtpTransport


def block(**values: object) -> EmailServerCredentials:
    return EmailServerCredentials(
        **{"username": "mtqg", "password": "p:w/d@", "smtp_server": "mail.example", **values}
    )


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"smtp_type": "SSL"}, "smtps://mtqg:p%3Aw%2Fd%40@mail.example:465"),
        ({"smtp_type": "STARTTLS"}, "smtp://mtqg:p%3Aw%2Fd%40@mail.example:587"),
        (
            {"smtp_type": "STARTTLS", "smtp_port": 2525, "username": None},
            "smtp://mail.example:2525",
        ),
        ({"smtp_server": "gmail"}, "smtps://mtqg:p%3Aw%2Fd%40@smtp.gmail.com:465"),
        (
            {"smtp_type": "INSECURE", "smtp_server": "127.0.0.1"},
            "smtp://mtqg:p%3Aw%2Fd%40@127.0.0.1:25?starttls=never",
        ),
    ],
    ids=["tls", "starttls", "nobody", "by name", "this machine"],
)
def test_a_block_is_the_url_that_says_the_same(values: dict[str, object], url: str) -> None:
    assert url_of_credentials(block(**values), "mtqg") == url
    SmtpTransport(url)


@pytest.mark.parametrize(
    "values",
    [{"smtp_type": "INSECURE"}, {"verify": False}],
    ids=["in the clear", "any certificate"],
)
def test_a_block_may_not_ask_for_less_than_verified_certificates(values: dict[str, object]) -> None:
    with pytest.raises(
        ConfigurationError, match="block mtqg: expected smtp_type SSL or STARTTLS"
    ) as refused:
        url_of_credentials(block(**values), "mtqg")
    assert "p:w/d@" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["prefect:", "prefect:secret", "prefect:json/mtqg", "prefect:secret/a b"]
)
def test_what_names_no_block_is_refused_with_what_would(settings: Settings, url: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match="expected prefect:email-server-credentials/NAME or prefect:secret/NAME",
    ):
        transport_of(settings.model_copy(update={"smtp_url": SecretStr(url)}))


def test_a_url_or_none_is_as_it_was(settings: Settings) -> None:
    assert isinstance(transport_of(settings), FolderTransport)
    assert isinstance(
        transport_of(settings.model_copy(update={"smtp_url": SecretStr("smtps://mail.example")})),
        SmtpTransport,
    )


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("smtp://me:pw@mail.example:25?starttls=never", True),
        ("smtp://me:pw@192.0.2.7?starttls=never", True),
        ("smtp://me:pw@localhost:25?starttls=never", False),
        ("smtp://me:pw@[::1]:25?starttls=never", False),
        ("smtp://mail.example:25?starttls=never", False),
        ("smtps://me:pw@mail.example?starttls=never", False),
    ],
)
def test_a_password_never_leaves_this_machine_without_tls(url: str, is_refused: bool) -> None:
    if not is_refused:
        SmtpTransport(url)
        return
    with pytest.raises(ConfigurationError, match="would send the password readable") as refused:
        SmtpTransport(url)
    assert "pw" not in str(refused.value).replace("password", "")
