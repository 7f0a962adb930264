"""deploy/compose.yaml on a real docker engine."""

import json
import re
import subprocess
import sys

import pytest

import engine as engines
from mesh import HERE, ROOT, wait_until
from test_example import PAGES

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def docker(stubs):
    try:
        with engines.engine() as engine:
            engine.environment["STUBS"] = str(stubs)
            engine.run(ROOT / "tools/image", timeout=300)
            yield engine
    except engines.Impossible as why:
        pytest.skip(f"SKIPPED: {why}")


@pytest.fixture(scope="module")
def composed(docker):
    compose(docker, "up", "-d")
    yield docker
    compose(docker, "down", "--timeout", "30", check=False)


def compose(docker, *arguments, **options):
    return docker.run(
        "docker-compose", "-p", "m", "-f", ROOT / "deploy/compose.yaml", *arguments, **options)


def analyze(docker, count=1, threads=1):
    result = docker.run(
        sys.executable, HERE / "compose_client.py", "127.0.0.1:8000",
        f"file:/app/pages/{PAGES[0].name}", count, threads, inside=True)
    return json.loads(result.stdout.splitlines()[-1])


def status(docker):
    return compose(
        docker, "exec", "-T", "controller", "/bin/martlet", "status", "--run-dir=/run/martlet").stdout


def running(docker, deployment):
    out = compose(docker, "exec", "-T", "controller", "/bin/martlet", "ps", "--run-dir=/run/martlet")
    return [line for line in out.stdout.splitlines() if deployment in line and "RUNNING" in line]


def test_up_serves_the_example_and_status_says_who_launches(composed):
    answer = analyze(composed)
    assert answer["codes"] == {"OK": 1}
    assert answer["objects"]
    assert "external" in status(composed)


def test_scale_balances_over_three(composed):
    compose(composed, "up", "-d", "--no-recreate", "--scale", "expert-looped=3")
    wait_until(lambda: len(running(composed, "expert-looped")) == 3, 60, "three replicas")
    assert analyze(composed, 60, 6)["codes"] == {"OK": 60}


def test_kill_of_a_replica_loses_no_idempotent_call(composed):
    command = [
        "nsenter", f"--net=/run/netns/{composed.namespace}", sys.executable,
        HERE / "compose_client.py", "127.0.0.1:8000", f"file:/app/pages/{PAGES[0].name}", "150", "4"]
    with subprocess.Popen(
            command, env=composed.environment, stdout=subprocess.PIPE, text=True) as client:
        try:
            assert client.stdout.readline() == "began\n"
            names = composed.run("docker", "ps", "--format", "{{.Names}}").stdout.split()
            victim = next(name for name in names if re.search("expert-looped", name))
            composed.run("docker", "kill", victim)
            out, _ = client.communicate(timeout=120)
        finally:
            client.kill()
    assert json.loads(out)["codes"] == {"OK": 150}


def test_down_drains(docker, composed):
    compose(composed, "stop", "--timeout", "30")
    codes = docker.run(
        "docker", "ps", "-a", "--format", "{{.Names}} {{.Status}}").stdout
    for line in codes.splitlines():
        if "expert-looped" in line and "137" in line:
            continue  # the one that was killed above
        assert "Exited (0)" in line, codes
