"""The files that start the product elsewhere say what the product understands: commands, settings, secrets, users.

No container engine runs here; the processes themselves are started by tests/test_scale_out.py with the same commands.
"""

import configparser
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands

from config import environment, keys

pytestmark = pytest.mark.embedded

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = ROOT / "deploy" / "systemd"
# https://github.com/compose-spec/compose-spec/blob/main/05-services.md: those that are used here.
SERVICE_KEYS = set(
    """build cap_drop command configs depends_on environment healthcheck image init logging networks ports read_only
    restart secrets security_opt shm_size stop_grace_period stop_signal tmpfs user volumes""".split()  # noqa: SIM905
)


def known_settings() -> set[str]:
    """Every variable that the table of docs/running.md explains, and the file variant of each."""
    table = (ROOT / "docs" / "running.md").read_text().split("## Settings")[1].split("\n## ")[0]
    names = set(re.findall(r"`([A-Z_]{4,})`", table))
    return names | {f"{name}_FILE" for name in names}


def program(words: list[str]) -> list[str]:
    """A command without the folder of its program, and without what may differ from place to place."""
    words = [words[0].rsplit("/", 1)[-1], *words[1:]]
    drop = {"--hostname", "--concurrency", "--without-static"}
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in drop:
            skip = word != "--without-static"
        else:
            kept.append(word)
    return kept[1:] if kept[0] == "python" else kept


def unit(name: str) -> dict[str, list[str]]:
    """The lines of a unit's [Service] by their name; systemd lets a name come several times."""
    found: dict[str, list[str]] = {}
    section = (UNITS / name).read_text().split("[Service]\n")[1].split("\n[")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def started_by(name: str) -> list[str]:
    return program(shlex.split(unit(name)["ExecStart"][0]))


# --- Compose ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_hardened_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= SERVICE_KEYS
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in ("root", "0", "0:0")
    assert not any("docker.sock" in volume for volume in service["volumes"])
    if name == "prepare":  # it ends, and the others wait for that
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_the_web_server_has_a_port_and_only_on_this_machine() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["back"]


def test_what_is_named_exists() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"]), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        assert set(service.get("depends_on", [])) <= set(SERVICES), name
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"]), name
        mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
        stated = " ".join(map(str, service.get("environment", {}).values())) + str(service.get("command"))
        assert set(re.findall(r"/run/secrets/\w+", stated)) <= mounted, name


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|KEY|TOKEN|SECRET", variable)
            assert not secret or str(value).startswith("/run/secrets/"), (name, variable)
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_one_of_ours(name: str) -> None:
    of_the_shell = {"BACKUPS_KEPT", "BACKUP_SECONDS"} if name == "backup" else set()
    assert set(OURS[name]["environment"]) - of_the_shell <= known_settings()


def test_each_management_command_exists() -> None:
    texts = [str(service.get("command")) for service in OURS.values()]
    texts += [path.read_text() for path in UNITS.glob("*.service")] + [DOCKERFILE]
    called = {name for text in texts for name in re.findall(r"manage\.py[', ]+([a-z_]+)", text)}
    assert {"prepare", "backup", "collectstatic"} <= called
    assert called - {"config"} <= set(get_commands())


def test_redis_keeps_what_it_is_told_and_refuses_rather_than_forgets() -> None:
    lines = COMPOSE["configs"]["redis"]["content"].splitlines()
    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"} <= set(lines)
    assert "requirepass" in SERVICES["redis"]["command"][-1]


def test_the_backup_speaks_to_the_servers_own_version() -> None:
    server = re.search(r"postgres:(\d+)", SERVICES["postgres"]["image"])
    client = re.search(r"postgresql-client-(\d+)", DOCKERFILE)
    assert server and client and server[1] == client[1]


# --- Dockerfile ------------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


def test_the_image_is_built_from_locked_packages_and_runs_as_nobody_in_particular() -> None:
    lines = instructions()
    bases = [value.split(" ")[0] for name, value in lines if name == "FROM"]
    assert len(bases) == 2 and len(set(bases)) == 1
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    text = " ".join(value for _name, value in lines)
    assert "--require-hashes" in text and "--only-binary :all:" in text
    assert "collectstatic" in text
    users = [value for name, value in lines if name == "USER"]
    assert users == [OURS["web"]["user"]]
    assert [name for name, _value in lines][-1] == "CMD"
    assert "HEALTHCHECK" in dict(lines)
    assert not [value for name, value in lines if name == "ADD"]


def test_the_image_holds_the_product_and_nothing_else() -> None:
    copied = {
        value.split(" ")[0] for name, value in instructions() if name == "COPY" and not value.startswith("--from")
    }
    assert all((ROOT / name).exists() for name in copied)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages | {"templates", "static", "locale", "manage.py", "requirements.txt"} == copied
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_the_image_and_the_services_start_the_same_web_server() -> None:
    (command,) = [value for name, value in instructions() if name == "CMD"]
    assert yaml.safe_load(command) == SERVICES["web"]["command"]


# --- systemd ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "service"),
    [("staygreen-web@", "web"), ("staygreen-worker@", "worker"), ("staygreen-beat", "beat"),
     ("staygreen-prepare", "prepare")],
)  # fmt: skip
def test_the_units_start_what_the_containers_start(name: str, service: str) -> None:
    assert started_by(f"{name}.service") == program(OURS[service]["command"])


@pytest.mark.parametrize("path", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_each_unit_is_hardened_and_states_known_settings(path: Path) -> None:
    service = unit(path.name)
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == (
        ["staygreen"],
        ["yes"],
        ["strict"],
    )
    stated = dict(line.split("=", 1) for line in service["Environment"])
    assert set(stated) <= known_settings()
    loaded = {line.split(":")[0] for line in service["LoadCredential"]}
    assert {value.removeprefix("%d/") for value in stated.values() if value.startswith("%d/")} == loaded
    if "Type" not in service:
        assert service["Restart"] == ["always"]


def test_units_that_belong_together_name_each_other() -> None:
    names = {path.name for path in UNITS.iterdir()}
    for path in UNITS.iterdir():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(path.read_text())
        for key in ("requires", "partof", "wants"):
            for other in parser["Unit"].get(key, "").split():
                assert other in names or other == "network-online.target", (path.name, other)


# --- Secrets ---------------------------------------------------------------------------------------------------------


def test_the_secrets_are_made_once_and_are_what_the_product_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"
    make = [str(ROOT / "script" / "secrets"), str(folder)]
    subprocess.run(make, check=True, capture_output=True)
    made = {path.name: path.read_text().strip() for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(set(made.values())) == len(made)
    assert all(len(value) == 44 for value in made.values())
    (folder / "redis_password").unlink()
    subprocess.run(make, check=True, capture_output=True)
    again = {path.name: path.read_text().strip() for path in folder.iterdir()}
    assert {name for name in made if made[name] != again[name]} == {"redis_password"}
    for name in ("SECRET_KEY", "RAW_KEYS", "CONNECTION_KEYS", "IDENTITY_KEY"):
        monkeypatch.setenv(f"{name}_FILE", str(folder / name.lower()))
    assert keys.secret_key(tmp_path) == made["secret_key"]
    assert keys.raw_keys(tmp_path) == [made["raw_keys"]]
    assert Fernet(keys.connection_keys(tmp_path)[0])
    assert keys.identity_key(tmp_path) == made["identity_key"]


def test_a_password_in_a_file_goes_into_the_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("a/b@c\n")
    for name in ("DATABASE_PASSWORD", "REDIS_PASSWORD"):
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("X", "postgres://staygreen@postgres:5432/staygreen")
    assert environment.database("X", "", process="web")["PASSWORD"] == "a/b@c"
    monkeypatch.setenv("X", "postgres://staygreen:own@postgres:5432/staygreen")
    assert environment.database("X", "", process="web")["PASSWORD"] == "own"
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    assert environment.redis_url("REDIS_URL") == "redis://:a%2Fb%40c@redis:6379/0"
    monkeypatch.setenv("REDIS_URL", "redis://:own@redis:6379/0")
    assert environment.redis_url("REDIS_URL") == "redis://:own@redis:6379/0"


def test_a_setting_is_stated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="X_FILE names a file that cannot be read"):
        environment.text("X")
    (tmp_path / "missing").write_text("here\n")
    assert environment.text("X") == "here"
    monkeypatch.setenv("X", "there")
    with pytest.raises(ImproperlyConfigured, match="X and X_FILE are both set"):
        environment.text("X")
