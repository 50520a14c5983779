"""The files for operators: parsed, and the very commands they name run as processes.

No container is started: addresses and paths of the containers are replaced by those of
this machine, everything else is as it stands in the file.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from app.doors.monitoring import LIVE, READY
from app.intake.metrics import Metrics
from app.settings import Settings
from app.store.backends import open_database
from benchmarks.feeds import SELLER_ID, write_feed, write_orders
from tests import postgres
from tests.intake.test_metrics import read
from tests.nodes.test_graceful_stop import free_port
from tests.queues import QueueServer
from tests.running import Installation, base_url, wait_until_done

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
MANIFESTS = sorted(DEPLOY.glob("kubernetes/*.yaml"))

_VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")

# What the file `.env` would hold.
_VALUES = {
    "POSTGRES_PASSWORD": "password",
    "STORE_ACCESS_KEY": "queue-key",
    "STORE_SECRET_KEY": "queue-secret",
    "FEEDGATE_SECRET_KEY": Fernet.generate_key().decode(),
    "FEEDGATE_PUBLIC_NAME": "feeds.example.com",
}


def compose() -> dict[str, Any]:
    """Return the services of compose.yaml, their variables filled in."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    filled = _VARIABLE.sub(lambda found: _VALUES[found[1]], text)
    services: dict[str, Any] = yaml.safe_load(filled)["services"]
    return services


def ours() -> dict[str, Any]:
    return {name: each for name, each in compose().items() if each["image"] == IMAGE}


IMAGE = "feedgate"


@dataclass
class Machine:
    """A machine in the place of the containers: the one that the test runs on."""

    folder: Path
    replaced: dict[str, str]

    def run(self, service: dict[str, Any], monitor_port: int) -> Installation:
        """Return where a service of the file runs, with its environment."""
        environment = self.environment(service, monitor_port)
        home = self.folder / str(monitor_port)
        url = environment.pop("FEEDGATE_DATABASE_URL")
        settings = {
            name.removeprefix("FEEDGATE_"): value
            for name, value in environment.items()
            if name.startswith("FEEDGATE_")
        }
        return Installation(home, url, settings)

    def environment(self, service: dict[str, Any], monitor_port: int) -> dict[str, str]:
        return {
            name: self.here(str(value)).replace("9464", str(monitor_port))
            for name, value in service["environment"].items()
        }

    def here(self, text: str) -> str:
        for there, here in self.replaced.items():
            text = text.replace(there, here)
        return text

    def is_healthy(self, service: dict[str, Any], monitor_port: int) -> bool:
        """Run a health check as it stands; python is that of this environment."""
        kind, program, *arguments = service["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        command = [each.replace("9464", str(monitor_port)) for each in arguments]
        return subprocess.run([sys.executable, *command]).returncode == 0


@pytest.fixture
def machine(
    migrated_postgresql: str, queues: QueueServer, tmp_path: Path
) -> Iterator[Machine]:
    """A database that was never migrated, and a store without the bucket."""
    server = make_url(migrated_postgresql)
    there = compose()["api-1"]["environment"]["FEEDGATE_DATABASE_URL"]
    with postgres.new_database(server) as url, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "AWS_ACCESS_KEY_ID", _VALUES["STORE_ACCESS_KEY"])
        patch.setitem(os.environ, "AWS_SECRET_ACCESS_KEY", _VALUES["STORE_SECRET_KEY"])
        replaced = {there: url, "http://store:7070": queues.origin}
        yield Machine(tmp_path, replaced | {"0.0.0.0": "127.0.0.1"})


def test_the_nodes_of_the_compose_file_work_off_a_feed(
    machine: Machine, tmp_path: Path
) -> None:
    """Migrate, make the bucket, start four nodes; one takes a feed, another its report.

    Making the bucket twice is no error, and every health check is well in the end.
    """
    services = ours()
    once = {name: services.pop(name) for name in ("migrate", "bucket")}
    bucket = once["bucket"]
    for _ in range(2):
        program = [sys.executable, *bucket["entrypoint"][1:], *bucket["command"]]
        environment = os.environ | machine.environment(bucket, 9464)
        subprocess.run(program, env=environment, check=True)
    machine.run(once["migrate"], 1).run(*once["migrate"]["command"])
    ports = {name: free_port() for name in services}
    nodes = {name: machine.run(each, ports[name]) for name, each in services.items()}
    keys = nodes["api-1"].create_seller(seller_id=SELLER_ID)
    write_orders(tmp_path / "orders.json", 3)
    write_feed(tmp_path / "feed.xml", "cancel", 3, 3)
    nodes["api-1"].run(
        "orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID
    )

    with ExitStack() as stack:
        started = {}
        for name, service in services.items():
            command = list(service["command"])
            if command[0] == "serve":
                # In its container the port is its own.
                command += ["--port", "0"]
            started[name] = stack.enter_context(nodes[name].start(*command))
        urls = {name: base_url(started[name]) for name in ("api-1", "api-2")}
        for name in ("worker-1", "worker-2"):
            output = started[name].stdout
            assert output
            assert any("works on queued feeds" in line for line in output)
        client = stack.enter_context(keys.client(urls["api-1"]))
        other = stack.enter_context(keys.client(urls["api-2"]))
        feed = client.submit(tmp_path / "feed.xml", "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
        wait_until_done(other, feed)
        report = other.report(feed).decode()
        healthy = {
            name: machine.is_healthy(service, ports[name])
            for name, service in services.items()
        }

    assert sorted(services) == ["api-1", "api-2", "worker-1", "worker-2"]
    assert "<MessagesSuccessful>3</MessagesSuccessful>" in report
    assert healthy == dict.fromkeys(services, True)
    assert not machine.is_healthy(services["api-1"], ports["api-1"])


def test_the_compose_file_refers_to_what_is_there() -> None:
    """Services, volumes and files that one names and nobody defines."""
    content = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    for name, service in content["services"].items():
        for other in service.get("depends_on", {}):
            assert other in content["services"], name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert source in content["volumes"] or (ROOT / source).is_file(), name
    example = (DEPLOY / "example.env").read_text()
    asked = {*_VARIABLE.findall((ROOT / "compose.yaml").read_text())}
    assert asked == {*re.findall(r"^(\w+)=", example, re.MULTILINE)} == {*_VALUES}
    proxied = re.findall(r"([\w-]+):8000", (DEPLOY / "Caddyfile").read_text())
    assert proxied == ["api-1", "api-2"]
    assert Settings.model_fields["port"].default == 8000


def grace_seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_whoever_ends_a_node_waits_for_what_it_has_in_hand() -> None:
    """A supervisor that kills too soon cuts requests and batches."""
    for service in ours().values():
        values = service["environment"]
        needed = int(values["FEEDGATE_DRAIN_SECONDS"])
        needed += int(values["FEEDGATE_STOP_SECONDS"])
        assert grace_seconds(service["stop_grace_period"]) > needed
    common = dict(
        line.split("=", 1)
        for line in (DEPLOY / "systemd/feedgate.env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    needed = int(common["FEEDGATE_DRAIN_SECONDS"]) + int(
        common["FEEDGATE_STOP_SECONDS"]
    )
    waits = [unit(path)["Service"].get("TimeoutStopSec") for path in UNITS]
    assert [int(each) > needed for each in waits if each] == [True, True]
    config = next(each for each in documents() if each["kind"] == "ConfigMap")["data"]
    needed = int(config["FEEDGATE_DRAIN_SECONDS"]) + int(
        config["FEEDGATE_STOP_SECONDS"]
    )
    for pod in pods():
        assert pod["terminationGracePeriodSeconds"] > needed


def unit(path: Path) -> configparser.ConfigParser:
    """Read a unit; keys that come more than once keep their last value."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # as documented
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_commands_that_there_are(path: Path) -> None:
    """Each with its options: --help behind them shows that they are known."""
    command = unit(path)["Service"]["ExecStart"]
    inner = re.search(r"exec (.*)'", command)
    words = shlex.split(inner[1] if inner else command)

    assert words[0] == "/opt/feedgate/bin/feedgate"
    known(words[1:])


def known(arguments: list[str]) -> None:
    """See that a command takes those arguments."""
    from app.cli.app import run

    assert run([*arguments, "--help"]) == 0


def documents() -> list[dict[str, Any]]:
    """Return every object of the manifests."""
    return [
        each
        for path in MANIFESTS
        for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


def pods() -> list[dict[str, Any]]:
    """Return the pods of deployments and jobs."""
    return [
        each["spec"]["template"]["spec"]
        for each in documents()
        if each["kind"] in ("Deployment", "Job")
    ]


def test_pods_run_commands_that_there_are_and_ask_what_is_served() -> None:
    """The same commands that the compose file has, and these are run above."""
    commands = [each["command"] for name, each in ours().items() if name != "bucket"]
    for pod in pods():
        [container] = pod["containers"]
        known(container["args"])
        assert container["args"] in commands
        ports = {each["name"] for each in container.get("ports", ())}
        for kind, path in (("livenessProbe", LIVE), ("readinessProbe", READY)):
            if probe := container.get(kind):
                assert probe["httpGet"] == {"path": path, "port": "monitor"}
                assert "monitor" in ports
        mounted = {each["name"] for each in container["volumeMounts"]}
        assert mounted == {each["name"] for each in pod["volumes"]}


def test_manifests_refer_to_what_is_there() -> None:
    """Selectors, targets of services and the list of files."""
    found = documents()
    named = {(each["kind"], each.get("metadata", {}).get("name")) for each in found}
    assert ("ConfigMap", "feedgate") in named
    [kustomization] = [each for each in found if each["kind"] == "Kustomization"]
    assert sorted(kustomization["resources"]) == sorted(
        path.name for path in MANIFESTS if path.name != "kustomization.yaml"
    )
    labels = {}
    for each in found:
        if each["kind"] == "Deployment":
            spec = each["spec"]
            labels[each["metadata"]["name"]] = spec["template"]["metadata"]["labels"]
            assert spec["selector"]["matchLabels"] == labels[each["metadata"]["name"]]
            assert spec["replicas"] == 2
    for each in found:
        if each["kind"] == "Service":
            assert each["spec"]["selector"] in labels.values()
        if each["kind"] == "PodDisruptionBudget":
            assert each["spec"]["selector"]["matchLabels"] in labels.values()


def test_every_variable_that_a_file_or_the_page_names_is_a_setting() -> None:
    """A name that is misspelt would be ignored without a word."""
    files = [ROOT / "compose.yaml", ROOT / "docs" / "deploy.md"]
    files += [path for path in DEPLOY.rglob("*") if path.is_file()]
    names = {name.upper() for name in Settings.model_fields}
    of_the_proxy = {"PUBLIC_NAME"}
    for path in files:
        found = {*re.findall(r"FEEDGATE_([A-Z_]+[A-Z])", path.read_text())}
        assert found <= names | of_the_proxy, path


def test_every_metric_that_the_page_names_is_told(sqlite_url: str) -> None:
    """An alert on a name that does not exist never fires."""
    database = open_database(sqlite_url)
    text = Metrics(database, lambda: datetime.now(UTC)).text()
    database.close()
    told = {*re.findall(r"^# TYPE (feedgate_\w+)", text.decode(), re.MULTILINE)}
    assert read(text)

    page = (ROOT / "docs" / "deploy.md").read_text()
    named = {*re.findall(r"\bfeedgate_[a-z_]+[a-z]\b", page)}
    bases = {re.sub(r"_(bucket|sum|count)$", "", name) for name in named}

    assert len(named) >= 8
    assert bases <= told
