"""A loopback IMAP server with one folder, for tests: LOGIN, SELECT, EXAMINE, UID SEARCH, UID FETCH, UID STORE, LOGOUT, and nothing else."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PASSWORD = 'p"w/d'


@dataclass
class Folder:
    """Mails by UID, those that are seen, all commands that came, and commands that are refused ("UID STORE").

    `validity` is the UIDVALIDITY; `arrived` are the INTERNALDATEs of mails that have another than the usual one.
    """

    mails: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    refused: str = "-"
    tls: ssl.SSLContext | None = None
    validity: int = 1
    name: str = "INBOX"
    arrived: dict[int, str] = field(default_factory=dict)

    def answer(self, command: str) -> Iterator[bytes]:  # noqa: PLR0912  (a branch is a command)
        if command.startswith(("LOGIN", "SELECT", "EXAMINE")):
            opened = {f'{verb} "{self.name}"' for verb in ("SELECT", "EXAMINE")}
            expected = {'LOGIN "mtqg@soctrang.example" "p\\"w/d"', *opened}
            if command in opened:
                yield b"* OK [UIDVALIDITY %d] UIDs valid" % self.validity
            yield b"OK done" if command in expected else b"NO not so"
        elif command.startswith(self.refused):
            yield b"NO read-only"
        elif match := re.fullmatch(r"UID SEARCH UNSEEN SINCE \d\d-[A-Z][a-z]{2}-\d{4}", command):
            yield (
                b"* SEARCH "
                + " ".join(str(uid) for uid in self.mails if uid not in self.seen).encode()
            )
            yield b"OK done"
        elif match := re.fullmatch(r"UID SEARCH UID (\d+):\*", command):
            # As RFC 3501 has it: the newest mail is in the range, whatever its number.
            newest = max(self.mails, default=0)
            found = [uid for uid in self.mails if uid >= min(int(match[1]), newest)]
            yield b"* SEARCH " + " ".join(str(uid) for uid in found).encode()
            yield b"OK done"
        elif match := re.fullmatch(_LISTING, command):
            for uid in map(int, match[1].split(",")):
                if uid in self.mails:
                    yield self._listed(uid, match[2].split())
            yield b"OK done"
        elif match := re.fullmatch(r"UID FETCH (\d+) \(UID BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            if whole := self.mails.get(int(match[1])):
                text = whole[: int(match[2])]
                # Some servers say the UID behind the literal.
                yield b"* 1 FETCH (BODY[]<0> {%d}\r\n%s UID %d)" % (
                    len(text),
                    text,
                    int(match[1]),
                )
            yield b"OK done"
        elif match := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[(.*)\](<0\.(\d+)>)?\)", command):
            uid, whole = int(match[1]), self.mails[int(match[1])]
            if fields := re.fullmatch(r"HEADER\.FIELDS \((.*)\)", match[2]):
                text = _headers(whole, fields[1].split())
            else:
                text = whole[: int(match[4])]
            yield b"* 1 FETCH (UID %d BODY[%s] {%d}\r\n%s)" % (
                uid,
                match[2].encode(),
                len(text),
                text,
            )
            yield b"OK done"
        elif match := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self.seen.add(int(match[1]))
            yield b"OK done"
        else:
            yield from [b"* BYE", b"OK done"] if command == "LOGOUT" else [b"BAD unknown"]

    def _listed(self, uid: int, names: list[str]) -> bytes:
        text = _headers(self.mails[uid], names)
        arrived = self.arrived.get(uid, "20-Jan-2025 09:30:00 +0700")
        about = f'UID {uid} RFC822.SIZE {len(self.mails[uid])} INTERNALDATE "{arrived}"'
        return b"* 1 FETCH (%s BODY[HEADER.FIELDS (%s)]<0> {%d}\r\n%s)" % (
            about.encode(),
            " ".join(names).encode(),
            len(text),
            text,
        )


_LISTING = (
    r"UID FETCH ([\d,]+) "
    r"\(UID RFC822\.SIZE INTERNALDATE BODY\.PEEK\[HEADER\.FIELDS \((.*)\)\]<0\.\d+>\)"
)


def _headers(mail: bytes, names: list[str]) -> bytes:
    head = re.split(rb"\r?\n\r?\n", mail, maxsplit=1)[0] + b"\n"
    wanted = "|".join(names).encode()
    found = re.findall(rb"(?im)^(?:%s):.*\n(?:[ \t].*\n)*" % wanted, head)
    return b"".join(found) + b"\r\n"


@contextmanager
def serving(folder: Folder) -> Iterator[int]:
    """Serve `folder` on a port of this machine until the block ends."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK IMAP4rev1\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                if command == "CAPABILITY":
                    self.wfile.write(f"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n".encode())
                    continue
                folder.commands.append(command)
                for answer in folder.answer(command):
                    self.wfile.write(
                        answer + b"\r\n"
                        if answer.startswith(b"*")
                        else f"{tag} ".encode() + answer + b"\r\n"
                    )
                if command == "LOGOUT":
                    return

    class Server(socketserver.TCPServer):
        allow_reuse_address = True

        def get_request(self):
            connection, address = super().get_request()
            return (
                folder.tls.wrap_socket(connection, server_side=True) if folder.tls else connection
            ), address

        def handle_error(self, request, client_address) -> None:
            """A client that goes away is no error of the server."""

    with Server(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
