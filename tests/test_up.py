"""`manage.py up` for real: it starts, greets, restarts what dies, refuses a second start, leaves no process behind."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from config.prepare import first_login, load_demo
from sellers.models import User
from tests.makers import make_account
from tests.running import PATIENCE_SECONDS, Up, status, variables

# One worker of a parallel run takes them all: they share a folder that is expensive to make.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start, made once: collecting static files takes most of that start."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=settings.BASE_DIR,
        env=variables(folder),
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    return folder


@pytest.fixture
def data_dir(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., Up]]:
    """Starts `up` on the prepared folder; whatever the test does, nothing runs afterwards."""
    started: list[Up] = []
    with ExitStack() as cleanup:

        def begin(folder: Path = data_dir, **more: str) -> Up:
            started.append(cleanup.enter_context(Up(folder, **more)))
            return started[-1]

        yield begin
        for running in started:
            running.end()
            assert running.survivors() == []


def test_the_first_start_makes_all_it_needs_and_its_login_opens_the_door(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    fresh = tmp_path / "not" / "there" / "yet"
    running = start(fresh).ready()
    name, password = running.login()
    assert status(f"{running.url}/user/login/") == 200
    assert fresh.stat().st_mode & 0o777 == 0o700
    assert (fresh / "first_login").stat().st_mode & 0o777 == 0o600

    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    page = browser.open(f"{running.url}/user/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = {"login": name, "password": password, "csrfmiddlewaretoken": token[1], "next": "/healthz"}
    answer = browser.open(f"{running.url}/user/login/", urllib.parse.urlencode(form).encode())
    assert answer.url == f"{running.url}/healthz"
    assert "session" in {cookie.name for cookie in cookies}


def test_a_later_start_repeats_nothing_and_gives_the_same_login(start: Callable[..., Up], data_dir: Path) -> None:
    name, password = (data_dir / "first_login").read_text().split()
    running = start().ready()
    assert running.login() == (name, password)
    assert "..." not in running.output  # no step announces itself
    assert status(f"{running.url}/user/login/") == 200


def test_collected_files_are_served_compressed_and_for_ever(start: Callable[..., Up]) -> None:
    running = start().ready()
    page = urllib.request.urlopen(f"{running.url}/admin/login/", timeout=20).read().decode()
    assert "/static/" not in page or re.search(r"/static/[\w./-]+\.[0-9a-f]{12}\.css", page)


def test_ctrl_c_ends_everything_cleanly(start: Callable[..., Up]) -> None:
    running = start().ready()
    assert running.end() == 0
    assert running.survivors() == []
    assert "Stopped." in running.lines


def test_sigterm_ends_everything_cleanly(start: Callable[..., Up]) -> None:
    running = start().ready()
    assert running.end(signal.SIGTERM) == 0
    assert running.survivors() == []


def test_nothing_outlives_a_killed_up(start: Callable[..., Up]) -> None:
    running = start().ready()
    assert len(running.seen) >= 3  # gunicorn, its worker, celery
    running.popen.kill()
    running.popen.wait()
    assert running.survivors() == []


def test_after_a_kill_the_next_start_is_not_refused(start: Callable[..., Up]) -> None:
    first = start().ready()
    port = str(urllib.parse.urlsplit(first.url).port)
    first.popen.kill()
    first.popen.wait()
    assert status(f"{start(PORT=port).ready().url}/healthz") == 200


def test_a_killed_worker_is_started_again(start: Callable[..., Up]) -> None:
    running = start().ready()
    worker = running.child("celery")
    worker.kill()
    running.line("The worker ended (signal SIGKILL); starting it again.")
    assert running.child("celery").pid != worker.pid
    assert status(f"{running.url}/healthz") == 200


def test_a_killed_web_server_leaves_no_half_of_it_and_is_started_again(start: Callable[..., Up]) -> None:
    running = start().ready()
    master = running.child("gunicorn")
    old = [master, *master.children()]
    master.kill()
    running.line("The web server ended (signal SIGKILL); starting it again.")
    assert status(f"{running.url}/healthz") == 200  # the open socket keeps the visitor waiting meanwhile
    _, alive = psutil.wait_procs(old, timeout=5)
    assert alive == []


def test_nothing_outlives_up_and_web_server_killed_together(start: Callable[..., Up]) -> None:
    running = start().ready()
    master = running.child("gunicorn")
    master.suspend()  # it cannot react to anything any more
    running.popen.kill()
    master.kill()
    running.popen.wait()
    assert running.survivors() == []


def test_a_second_start_on_the_same_folder_is_refused_in_one_sentence(start: Callable[..., Up], data_dir: Path) -> None:
    first = start().ready()
    second = start()
    assert second.wait() == 1
    assert second.lines == [
        f"CommandError: Staygreen already runs on {data_dir} (process {first.popen.pid}); stop it first, "
        "or set another DATA_DIR."
    ]


def test_a_taken_port_is_one_sentence_before_anything_starts(start: Callable[..., Up]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        running = start(PORT=str(port))
        assert running.wait() == 1
    assert running.lines == [
        f"CommandError: Port {port} is taken by another program; stop it, or set PORT to a free one."
    ]


def test_a_part_that_never_stays_up_ends_the_whole_with_a_reason(start: Callable[..., Up]) -> None:
    running = start(WEB_PROCESSES="many")
    assert running.wait() == 1
    assert "WEB_PROCESSES must be a whole number from 1 to 64, not “many”." in running.output
    assert "The web server ended 5 times in a row within 10 seconds of its start" in running.output


def test_a_database_that_is_away_is_one_sentence(start: Callable[..., Up]) -> None:
    running = start(DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert running.wait() == 1
    assert len(running.lines) == 1
    assert running.lines[0].startswith("CommandError: The database does not answer: ")


def test_the_lifeline_alone_ends_a_group_where_the_kernel_does_not_help() -> None:
    read_end, write_end = os.pipe()
    code = (
        "from config import lifeline; lifeline.ask_kernel = lambda: None; lifeline.watch(); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"STAYGREEN_LIFELINE": str(read_end)},
        pass_fds=[read_end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        os.close(read_end)
        assert child.stdout is not None
        child.stdout.readline()  # it watches now
        os.close(write_end)
        assert child.wait(PATIENCE_SECONDS) == -signal.SIGKILL


# --- Steps of the preparation --------------------------------------------------------------------------------------


@pytest.fixture
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_the_first_login_is_given_until_its_password_changes(own_folder: Path, db: None) -> None:
    said: list[str] = []
    login = first_login(said.append)
    assert login is not None
    assert first_login(said.append) == login
    assert said == ["Made the first administrator, “admin”."]
    person = User.objects.get(username=login.name)
    assert login.password not in person.password
    person.set_password("another long password")
    person.save()
    assert first_login(said.append) is None
    assert not (own_folder / "first_login").exists()


def test_no_administrator_is_made_where_people_exist(own_folder: Path, db: None) -> None:
    User.objects.create_user("mei")
    assert first_login(print) is None
    assert User.objects.count() == 1


def test_sample_accounts_are_never_loaded_beside_real_ones(own_folder: Path, db: None) -> None:
    make_account("real")
    said: list[str] = []
    load_demo(said.append)
    assert said == []
