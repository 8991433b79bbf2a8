"""A mail server of our own that answers RCPT as a test wants it, and keeps what it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "RCPT":
                self._say(self.server.answer)
            elif word == "DATA":
                self._say("354 go on")
                self.server.mails.append(self._content())
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _content(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    answer: str
    mails: list[str]


@contextmanager
def mail_server(answer: str = "250 fine") -> Iterator[MailServer]:
    """A running server; its port is `server_address[1]`."""
    with MailServer(("127.0.0.1", 0), _Session) as server:
        server.answer, server.mails = answer, []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
