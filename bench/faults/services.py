"""The servers under the product, and what may befall them: PostgreSQL and Redis as script/faults has started them."""

import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis

PATIENCE_SECONDS = 60.0


@dataclass
class Postgres:
    """A PostgreSQL of ours: its address and its data folder."""

    url: str
    data: Path

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True, connect_timeout=2, application_name="watcher")

    def restart(self, mode: str) -> None:
        """Stop it ("fast": clients are cut off; "immediate": as if the machine lost power) and start it again."""
        self._control("restart", "-m", mode, "-w", "-l", str(self.data.parent / "log"))

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        program = Path(os.environ["POSTGRES_BIN"]) / "pg_ctl"
        # Not with root's rights: PostgreSQL refuses them.
        nobody = pwd.getpwnam("nobody")
        other: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        subprocess.run(
            [program, *words, "-D", self.data], check=True, cwd="/", capture_output=True, timeout=PATIENCE_SECONDS,
            **(other if os.geteuid() == 0 else {}),
        )  # fmt: skip

    def backends(self) -> list[int]:
        """The process ids that serve the product just now, those at work first."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
                "AND application_name <> 'watcher' ORDER BY state = 'active' DESC, query_start DESC"
            ).fetchall()
        return [pid for (pid,) in rows]

    def terminate_backend(self) -> None:
        """End one session politely, as an administrator does."""
        with self.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", [self.backends()[0]])

    def kill_backend(self) -> None:
        """kill -9 of one session, as the kernel does when memory is short: the whole server begins anew."""
        os.kill(self.backends()[0], signal.SIGKILL)
        self.wait_until_up()

    def wait_until_up(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        time.sleep(0.2)  # it takes a moment until the postmaster notices
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


@dataclass
class Redis:
    """A Redis of ours that keeps nothing on disk."""

    url: str
    settings: Path
    process: subprocess.Popen[bytes] | None = None

    def pid(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            return int(client.info("server")["process_id"])

    def kill(self, down_seconds: float) -> None:
        """kill -9; after a while it is there again, empty."""
        os.kill(self.pid(), signal.SIGKILL)
        time.sleep(down_seconds)
        self.process = subprocess.Popen(
            ["redis-server", self.settings], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def freeze(self, seconds: float) -> None:
        """It neither answers nor refuses."""
        pid = self.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
