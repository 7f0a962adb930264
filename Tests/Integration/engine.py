"""A docker engine of the test's own: in a network namespace, with its own socket and data."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time


class Impossible(Exception):
    """No engine can run here; the text says why."""


class Engine:
    def __init__(self, folder, namespace):
        self.folder, self.namespace = folder, namespace
        self.host = f"unix://{folder}/docker.sock"
        self.environment = {**os.environ, "DOCKER_HOST": self.host}

    def run(self, *command, check=True, timeout=180, inside=False, **options):
        """Runs a command against the engine; `inside` enters its network namespace as well."""
        enter = ["nsenter", f"--net=/run/netns/{self.namespace}"] if inside else []
        result = subprocess.run(
            [*enter, *map(str, command)], env=self.environment, capture_output=True, text=True,
            timeout=timeout, **options)
        if check and result.returncode:
            raise AssertionError(f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
        return result


@contextlib.contextmanager
def engine():
    """Starts dockerd and takes everything of it down again, also on failure."""
    for program in ("dockerd", "docker", "docker-compose", "ip", "nsenter"):
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            raise Impossible(f"{program} is not installed")
    if os.geteuid() != 0:
        raise Impossible("an engine in a network namespace needs root")
    namespace = f"martlet-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", namespace], capture_output=True, text=True)
    if made.returncode:
        raise Impossible(f"no network namespace can be made here: {made.stderr.strip()}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="d"))
    daemon = None
    try:
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True)
        with open(folder / "log", "w") as log:
            daemon = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{namespace}", "dockerd", "-H",
                 f"unix://{folder}/docker.sock", "--data-root", folder / "data", "--exec-root",
                 folder / "exec", "-p", folder / "pid"],
                stdout=log, stderr=log, start_new_session=True)
        made = Engine(folder, namespace)
        end = time.monotonic() + 30
        while made.run("docker", "info", check=False).returncode:
            if daemon.poll() is not None or time.monotonic() > end:
                lines = (folder / "log").read_text().splitlines()[-3:]
                raise Impossible("dockerd does not start here: " + " / ".join(lines))
            time.sleep(0.1)
        yield made
    finally:
        if daemon:
            stop(daemon)
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
        for mount in reversed(mounts_below(folder)):
            subprocess.run(["umount", "-l", mount], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def stop(daemon):
    """Ends dockerd, which ends its containerd; kills the whole session if it does not."""
    daemon.terminate()
    try:
        daemon.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


def mounts_below(folder):
    with open("/proc/mounts") as file:
        return [words[1] for words in map(str.split, file) if words[1].startswith(str(folder))]
