"""A small mail server that speaks as much IMAP4rev1 (RFC 3501) as a reader needs, and remembers what it was told."""

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime


@dataclass
class Folder:
    """A folder: its mails by UID, each with when it arrived."""

    uidvalidity: int = 1
    mails: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)

    def put(self, uid: int, content: bytes, arrived: str = "2026-01-10T12:00:00") -> None:
        self.mails[uid] = (datetime.fromisoformat(arrived).replace(tzinfo=UTC), content)


@dataclass
class Server:
    """What it holds, whom it lets in, what it was told; `breaks_at` closes the line at so many fetches of mails."""

    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder(), "Sent": Folder()})
    password: str = "correct horse battery"
    told: list[str] = field(default_factory=list)
    breaks_at: int = 0
    fetched: int = 0
    port: int = 0


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: Server = self.server.state  # type: ignore[attr-defined]
        self.folder: Folder | None = None
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _blank, rest = line.decode().rstrip("\r\n").partition(" ")
            server.told.append(re.sub(r"(LOGIN \S+) .*", r"\1", rest))
            verb, _blank, words = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _blank, words = words.partition(" ")
            answer = getattr(self, f"do_{verb.lower()}", lambda server, words: "BAD unknown")(server, words)
            if answer is None:
                return
            self.say(f"{tag} {answer} done")
            if verb.upper() == "LOGOUT":
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def do_capability(self, server: Server, words: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK"

    def do_login(self, server: Server, words: str) -> str:
        return "OK" if server.password in words else "NO [AUTHENTICATIONFAILED] no"

    def do_authenticate(self, server: Server, words: str) -> str:
        self.say("+ ")
        _as, _user, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        return "OK" if server.password == password else "NO [AUTHENTICATIONFAILED] no"

    def do_examine(self, server: Server, words: str) -> str:
        self.folder = server.folders.get(words.strip('"'))
        if self.folder is None:
            return "NO no such folder"
        self.say(f"* {len(self.folder.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.folder.uidvalidity}] valid")
        return "OK [READ-ONLY]"

    def do_search(self, server: Server, words: str) -> str:
        assert self.folder is not None
        uids = sorted(self.folder.mails)
        after = re.search(r"UID (\d+):\*", words)
        since = re.search(r"SINCE (\d+-\w+-\d+)", words)
        if after:
            # The newest mail is named in any case, as the standard says.
            uids = [uid for uid in uids if uid >= int(after[1])] or uids[-1:]
        elif since:
            day: date = datetime.strptime(since[1], "%d-%b-%Y").date()  # a day has no zone
            uids = [uid for uid in uids if self.folder.mails[uid][0].date() >= day]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK"

    def do_fetch(self, server: Server, words: str) -> str | None:
        assert self.folder is not None
        wanted, _blank, what = words.partition(" ")
        for number, uid in enumerate(map(int, wanted.split(",")), 1):
            arrived, content = self.folder.mails[uid]
            if "BODY.PEEK[]" not in what:
                self.say(f"* {number} FETCH (UID {uid} RFC822.SIZE {len(content)})")
                continue
            server.fetched += 1
            if server.breaks_at and server.fetched >= server.breaks_at:
                return None
            if not content:
                self.say(f'* {number} FETCH (UID {uid} BODY[]<0> "")')  # nothing is quoted, not counted
                continue
            moment = f"{arrived:%d-%b-%Y %H:%M:%S +0000}"
            self.say(f'* {number} FETCH (UID {uid} INTERNALDATE "{moment}" BODY[]<0> {{{len(content)}}}')
            self.wfile.write(content + b")\r\n")
        return "OK"

    def do_logout(self, server: Server, words: str) -> str:
        self.say("* BYE")
        return "OK"


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a free port of this machine."""
    state = Server()
    with _Threads(("127.0.0.1", 0), _Line) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.state = state  # type: ignore[attr-defined]
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield state
        server.shutdown()
