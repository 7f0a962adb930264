"""Meshes whose processes reach each other over TCP, each started by hand as on a machine of its own."""

import contextlib
import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess

from mesh import BINARIES, HERE, MARTLET, wait_until

# Below the ephemeral range, where a poll could connect to itself; each process of a test run has its own.
PORTS = itertools.count(20_000 + os.getpid() % 10_000)


def free_port():
    for port in PORTS:
        assert port < 32_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def accepts(address):
    host, port = address.rsplit(":", 1)
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
        return True
    return False


class Process:
    """A process with a log of its own, which never outlives the block."""

    def __init__(self, log, command, **environment):
        self.log = pathlib.Path(log)
        with self.log.open("w") as file:
            self.popen = subprocess.Popen(
                list(map(str, command)), stdout=file, stderr=file, cwd=self.log.parent,
                env={**os.environ, **environment})

    def text(self):
        return self.log.read_text(errors="replace")

    def says(self, pattern, within=10):
        """Waits for a line; DOTALL is off, so that all of it must stand in one."""
        wait_until(
            lambda: re.search(pattern, self.text()) or self.popen.poll() is not None, within,
            f"{pattern} in {self.log.name}:\n{self.text()}")
        found = re.search(pattern, self.text())
        assert found, f"ended without {pattern}:\n{self.text()}"
        return found.group(0)

    def stop(self, with_signal=signal.SIGTERM):
        if self.popen.poll() is None:
            self.popen.send_signal(with_signal)
        try:
            return self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise


class TCPMesh:
    """Controller, router and replicas of `stream-fixture`, each with the identity it is given."""

    def __init__(self, folder, certificates):
        self.folder = pathlib.Path(folder)
        self.certificates = certificates
        self.controller_at, self.ingress, self.local_at = (
            f"127.0.0.1:{free_port()}" for _ in range(3))
        self.processes = []
        self.app = self.folder / "app.yaml"
        self.app.write_text(f"""\
name: tcp
protos: [{HERE}/protos/stream/v1/stream.proto]
launcher: external
deployments:
  - {{name: stream, services: [stream.v1.Stream], idempotent: true}}
  - {{name: relay, services: [stream.v1.Stream]}}
routes:
  - {{service: stream.v1.Stream, deployment: stream}}
""")

    def options(self, identity):
        if identity is None:
            return []
        path = self.certificates.path
        return ["--mesh-cert", path(identity), "--mesh-key", path(f"{identity}-key"),
                "--mesh-ca", path("ca")]

    def variables(self, identity, authority="ca"):
        if identity is None:
            return {}
        path = self.certificates.path
        return {"MARTLET_TLS_CERT": str(path(identity)), "MARTLET_TLS_CA": str(path(authority)),
                "MARTLET_TLS_KEY": str(path(f"{identity}-key"))}

    def start(self, name, command, **environment):
        process = Process(self.folder / f"{name}.log", command, **environment)
        self.processes.append(process)
        return process

    def controller(self, identity="controller"):
        return self.start("controller", [
            MARTLET, "controller", "--run-dir", self.folder / "c", "--listen", self.controller_at,
            "--app", self.app, *self.options(identity)])

    def router(self, *arguments, identity="router", name="router"):
        return self.start(name, [
            MARTLET, "router", "--run-dir", self.folder / "r", "--listen", self.ingress,
            "--local-listen", self.local_at, "--controller", self.controller_at,
            *self.options(identity), *arguments])

    def replica(self, deployment="stream", identity="replica", name=None, **environment):
        """A replica; `at` is where it listens."""
        at = f"127.0.0.1:{free_port()}"
        process = self.start(name or deployment, [
            BINARIES / "stream-fixture", "replica", deployment], **{
                "MARTLET_LISTEN": at, "MARTLET_CONTROLLER": self.controller_at,
                "MARTLET_ROUTER": self.local_at, "MARTLET_APP": "tcp",
                **self.variables(identity), **environment})
        process.at = at
        return process

    def running(self, deployment):
        result = subprocess.run(
            [MARTLET, "ps", "--run-dir", self.folder / "c"], capture_output=True, text=True,
            timeout=30)
        return [line for line in result.stdout.splitlines()
                if re.search(rf"\b{deployment}\b", line) and "RUNNING" in line]

    def wait_running(self, deployment, count=1):
        """Replicas may run before a router that was started together with them listens."""
        wait_until(
            lambda: accepts(self.ingress), 20, f"a router listens at {self.ingress}{self.logs()}")
        wait_until(
            lambda: len(self.running(deployment)) == count, 20,
            f"{count} running replicas of {deployment}{self.logs()}")

    def logs(self):
        return "".join(f"\n--- {p.log.name}\n{p.text()[-2000:]}" for p in self.processes)

    def stop(self):
        codes = {process.log.name: process.stop() for process in reversed(self.processes)}
        self.processes = []
        return codes
