"""Delivery status notifications as Postfix and Exchange write them, about a letter of ours."""

from email import message_from_bytes
from pathlib import Path

from program.settings import ROOT


def dsn(server: str, number: str, recipient: str) -> bytes:
    """The bounce of a letter, by its number and the address that is unknown."""
    text = (ROOT / "tests" / "data" / "bounces" / f"{server}.eml").read_text(encoding="utf-8")
    return text.replace("MESSAGE_ID", number).replace("RECIPIENT", recipient).encode()


def dsn_of(server: str, letter: Path) -> bytes:
    """The bounce of a letter as it stands in the outbox."""
    mail = message_from_bytes(letter.read_bytes())
    return dsn(server, letter.stem, mail["To"].rpartition("<")[2].strip("> "))
