"""The team's server: what docker-compose.yml and Dockerfile say holds, even without Docker."""

import os
import re
import secrets
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import psycopg
import pytest
import yaml

from reviewtool.supervision import probe
from tests.processes import (
    ROOT,
    Running,
    asking_for_an_import,
    embedded,
    free_port,
    manage,
    needs_proc,
    service,
    wait_for,
)

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{(\w+)")
OURS = ("web", "worker")


def words_of(name: str) -> list[str]:
    """Return a service's command as words, whether it is a list or goes through a shell."""
    command = SERVICES[name]["command"]
    if command[0] == "sh":
        command = command[2].split()
    return [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in command]


def variables_of_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# ---------------------------------------------------------------- the compose file
@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/public.yml"])
def test_it_is_valid_by_the_compose_specification(name):
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", name]
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_says_whether_it_is_well():
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == []


def test_every_service_waits_until_what_it_needs_is_well():
    for name, service_ in SERVICES.items():
        for needed, how in service_.get("depends_on", {}).items():
            assert "healthcheck" in SERVICES[needed], f"{name} waits for {needed}, which never says"
            assert how["condition"] == "service_healthy", f"{name} must wait until {needed} is well"


def test_every_variable_is_in_the_example():
    files = ("docker-compose.yml", "deploy/public.yml")
    used = {name for file in files for name in VARIABLE.findall((ROOT / file).read_text())}
    example = set(variables_of_example())
    assert used - example == set(), "Add these to .env.example, with a sentence each."
    assert example - used == set(), "Nothing reads these lines of .env.example; take them out."


def test_the_example_holds_no_secret():
    example = variables_of_example()
    assert example["SECRET_KEY"] == ""
    assert example["POSTGRES_PASSWORD"] == ""


def test_only_loopback_ports_are_published():
    published = [
        (name, port) for name, service_ in SERVICES.items() for port in service_.get("ports", [])
    ]
    assert [name for name, _ in published] == ["proxy", "proxy"]
    assert all(port.startswith("127.0.0.1:") for _, port in published), published


def test_redis_keeps_jobs_through_a_restart_and_evicts_none():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert any(volume.endswith(":/data") for volume in SERVICES["redis"]["volumes"])


def test_web_and_worker_run_the_same_image_on_the_same_data():
    for part in ("image", "build", "environment", "volumes"):
        assert SERVICES["web"][part] == SERVICES["worker"][part]
    assert SERVICES["web"]["environment"]["REVIEWTOOL_PRODUCTION"] == "1"


def test_every_volume_is_declared():
    named = {
        volume.split(":")[0]
        for service_ in SERVICES.values()
        for volume in service_.get("volumes", [])
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_commands_name_what_the_image_has():
    scripts = {script.name for script in entry_points(group="console_scripts")}
    programs = {"reviewtool", "gunicorn", "celery"}
    assert programs <= scripts
    assert {words_of("web")[0], words_of("worker")[0]} <= programs
    gunicorn = words_of("web")[words_of("web").index("gunicorn") :]
    module, name = gunicorn[1].split(":")
    assert callable(getattr(import_module(module), name))
    app = words_of("worker")[words_of("worker").index("--app") + 1]
    assert import_module(app).celery_app.main == "reviewtool"
    assert (ROOT / "deploy" / "Caddyfile").is_file()
    assert "./deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in SERVICES["proxy"]["volumes"]


# ---------------------------------------------------------------- the image
def test_the_image_copies_what_exists_and_what_docker_may_see():
    dockerfile = (ROOT / "Dockerfile").read_text()
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, flags=re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), f"Dockerfile copies {name}, which is not there"
        assert f"!{name}" in ignore, f".dockerignore keeps {name} out of the image"


def test_the_image_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert users == ["reviewtool"]


def test_the_image_has_every_package_we_publish():
    dockerfile = (ROOT / "Dockerfile").read_text()
    for package in ("reviewtool", "screening", "extraction", "seeds"):
        assert f"COPY {package} {package}" in dockerfile


def test_every_file_beside_the_code_is_installed_with_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    beside = {
        path.suffix
        for package in ("reviewtool", "screening", "extraction", "seeds")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in ("", ".py", ".pyc")
    }
    missing = beside - {pattern.removeprefix("*") for pattern in patterns}
    assert missing == set(), "Add these kinds of files to package-data in pyproject.toml."


# ---------------------------------------------------------------- the same steps, for real
@pytest.fixture
def database():
    """Make a database of our own on the PostgreSQL server for tests; drop it afterwards."""
    address = service("REVIEWTOOL_TEST_DATABASE_URL")
    name = f"reviewtool_team_{os.getpid()}_{secrets.token_hex(3)}"
    server = address.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"{server}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def production(database, tmp_path):
    """The environment of a container, with real services behind it."""
    return embedded(
        tmp_path,
        REVIEWTOOL_PRODUCTION="1",
        SECRET_KEY=secrets.token_urlsafe(64),
        ALLOWED_HOSTS="review.example.org",
        DATABASE_URL=database,
        REDIS_URL=service("REVIEWTOOL_TEST_REDIS_URL"),
        STATIC_ROOT=str(tmp_path / "static"),
        LOG_LEVEL="INFO",
    )


@pytest.fixture
def running():
    started: list[Running] = []

    def start(command: list[str], environment: dict[str, str]) -> Running:
        program = str(Path(sys.executable).parent / command[0])
        started.append(Running([program, *command[1:]], environment))
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.mark.slow
@pytest.mark.service
@needs_proc
def test_the_commands_serve_pages_and_do_jobs_on_postgresql_and_redis(
    production, running, monkeypatch
):
    """Run the image's steps: collect the files, migrate, gunicorn, a worker; then a real job."""
    manage("collectstatic", "--noinput", "--verbosity", "0", environment=production)
    manage("migrate", "--noinput", environment=production)
    words = words_of("web")
    port = free_port()
    web = [
        word.replace("0.0.0.0:8000", f"127.0.0.1:{port}")
        for word in words[words.index("gunicorn") :]
    ]
    running(web, production)
    monkeypatch.setenv("ALLOWED_HOSTS", "review.example.org")
    wait_for(lambda: probe.well(port=port), "the pages never came up")

    running([*words_of("worker"), "--hostname", f"team-{port}@%h"], production).wait_until_said(
        "ready."
    )
    manage("shell", "-c", asking_for_an_import(50), environment=production)
    with psycopg.connect(production["DATABASE_URL"], autocommit=True) as connection:

        def done() -> bool:
            query = "SELECT state, attempts, trace FROM jobs_job WHERE kind = 'import'"
            ((state, attempts, trace),) = connection.execute(query).fetchall()
            assert not trace, trace
            return state == "done" and attempts == 1

        wait_for(done, "the worker never did the import")
        assert connection.execute("SELECT count(*) FROM screening_record").fetchall() == [(50,)]


# ---------------------------------------------------------------- health
@pytest.mark.django_db
def test_health_says_that_database_and_broker_answer(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "reachable", "broker": "reachable"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_health_names_a_broker_that_is_out_of_reach(client, monkeypatch):
    from_here = f"redis://127.0.0.1:{free_port()}/0"
    app = import_module("reviewtool.celery").app
    monkeypatch.setattr(app.conf, "broker_write_url", from_here)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "reachable", "broker": "unreachable"}


def test_the_probe_says_no_where_nobody_answers(capsys):
    assert not probe.well(port=free_port())
    assert "No answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("review.example.org,localhost", "review.example.org"),
        (".example.org", "example.org"),
        ("*", "localhost"),
        ("", "localhost"),
    ],
)
def test_the_probe_asks_by_the_sites_name(monkeypatch, allowed, host):
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)
    assert probe.headers()["Host"] == host
