"""A mesh for a benchmark, in a run directory of its own."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def echo_call(deployment):
    """A node of a graph."""
    return {"call": deployment, "method": "echo.v1.Echo/Echo"}


def echo_deployments(names):
    """Deployments of an app file that echo, one replica of each."""
    return [{"name": name, "command": ["echo-app", "replica", "echo"], "services": ["echo.v1.Echo"],
             "num_replicas": 1, "max_ongoing_requests": 1024, "resources": {"cpus": 0.1}}
            for name in names]


class Running:
    def __init__(self, run_dir):
        self.run_dir = run_dir
        self.address = (run_dir / "address").read_text().strip()
        self.port = int(self.address.rsplit(":", 1)[1])

    def pids(self):
        """Every process whose command line or environment names the run directory."""
        needle, found = str(self.run_dir).encode(), []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                process = pathlib.Path("/proc") / entry
                texts = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                if any(needle in text for text in texts) and int(entry) != os.getpid():
                    found.append(int(entry))
        return found

    def role(self, pid):
        """The first argument of the process: `controller`, `router`, `replica`, `up`."""
        return (pathlib.Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")[1].decode()

    def router(self):
        return next(pid for pid in self.pids() if self.role(pid) == "router")


def martlet(*arguments, run_dir):
    binary = pathlib.Path(os.environ["MARTLET_BIN"])
    return subprocess.run(
        [binary / "martlet", *map(str, arguments), "--run-dir", run_dir], check=True, timeout=60,
        capture_output=True, text=True,
        env={**os.environ, "PATH": f"{binary}:{os.environ['PATH']}"})


def deployed(app, file="martlet.yaml"):
    """The app file of an example."""
    return ROOT / "deploy" / app / file


@contextlib.contextmanager
def mesh(file, options=()):
    """Runs an app file."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        run_dir = pathlib.Path(folder) / "run"
        martlet("up", file, "--detach", "--listen", "127.0.0.1:0",
                *options, run_dir=run_dir)
        try:
            yield Running(run_dir)
        finally:
            martlet("down", run_dir=run_dir)
