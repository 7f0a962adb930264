"""Starts real meshes with the `martlet` binary and looks at them through the control API."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import grpc

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARIES = pathlib.Path(os.environ.get("MARTLET_BIN", ROOT / ".build/debug"))
MARTLET = str(BINARIES / "martlet")


def wait_until(condition, within, what):
    """The first true value of `condition()`; fails with `what` after `within` seconds."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.005)


def alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of_run(run_dir):
    """Every live process whose command line or environment names the run directory."""
    found = []
    needle = str(run_dir).encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read()
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read()
            if (needle in command or needle in environment) and alive(int(entry)):
                found.append(int(entry))
    return found


class Mesh:
    """One mesh in a run directory of its own."""

    def __init__(self, folder, stubs):
        self.folder = pathlib.Path(folder)
        self.run_dir = self.folder / "run"
        self.stubs = stubs
        self.address = None
        self.wrapper = []  # words in front of every command

    # -- the command line

    def cli(self, *arguments, check=True, timeout=60, **options):
        result = subprocess.run(
            [*self.wrapper, MARTLET, *map(str, arguments), "--run-dir", str(self.run_dir)],
            capture_output=True, text=True, timeout=timeout, cwd=self.folder,
            env=self.environment(), **options)
        if check and result.returncode != 0:
            raise AssertionError(
                f"martlet {' '.join(map(str, arguments))}: exit {result.returncode}\n"
                f"{result.stdout}{result.stderr}{self.logs()}")
        return result

    def environment(self):
        # App files name the programs of replicas without a path.
        path = f"{BINARIES}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PROBE_STUBS": str(self.stubs)}

    def up(self, file, *arguments, **options):
        result = self.cli(
            "up", file, "--detach", "--listen", "127.0.0.1:0", *arguments, **options)
        self.address = self.find_address()
        return result

    def find_address(self):
        return (self.run_dir / "address").read_text().strip()

    def down(self):
        if self.run_dir.exists():
            self.cli("down", check=False)
        left = children_of_run(self.run_dir)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left

    def logs(self):
        text = ""
        for log in sorted((self.run_dir / "logs").glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-15:]
            text += f"\n--- {log.name}\n" + "\n".join(lines)
        return text

    # -- the control API

    def control(self):
        from martlet.control.v1 import control_pb2_grpc
        channel = grpc.insecure_channel(f"unix:{self.run_dir}/controller.sock")
        return control_pb2_grpc.ControllerStub(channel), channel

    def status(self):
        from martlet.control.v1 import control_pb2
        stub, channel = self.control()
        with channel:
            return stub.GetStatus(
                control_pb2.GetStatusRequest(), timeout=10, wait_for_ready=True)

    def app(self):
        return self.status().apps[0]

    def deployment(self, name):
        return next(d for d in self.app().deployments if d.name == name)

    def replicas(self, name, state="RUNNING"):
        from martlet.control.v1 import control_pb2
        wanted = control_pb2.ReplicaState.Value(f"REPLICA_STATE_{state}")
        return [r for r in self.deployment(name).replicas if r.state == wanted]

    def events(self):
        from martlet.control.v1 import control_pb2
        stub, channel = self.control()
        with channel:
            return list(stub.ListEvents(control_pb2.ListEventsRequest(limit=1000), timeout=10).events)

    def wait_running(self, name, count, within=20):
        """The replicas, once there are exactly so many and all of their processes are alive."""
        def ready():
            running = self.replicas(name)
            fits = len(running) == count and all(alive(replica.pid) for replica in running)
            return (running,) if fits else None

        return wait_until(ready, within, f"{count} running replicas of {name}")[0]

    def process(self, role):
        """The pid of `controller` or `router`; None while there is none."""
        for pid in children_of_run(self.run_dir):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                if len(words) > 1 and words[1].decode() == role:
                    return pid
        return None

    # -- calls

    def channel(self, long_trailers=False, **options):
        """grpcio takes 8 KiB of trailers unless it says more, and some that are longer, by chance."""
        arguments = [
            ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1),
            ("grpc.use_local_subchannel_pool", 1),
            # A client that is turned away once tries again soon instead of after a second.
            ("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200),
        ]
        if long_trailers:
            arguments += [
                ("grpc.max_metadata_size", 1 << 16), ("grpc.absolute_max_metadata_size", 1 << 16)]
        return grpc.insecure_channel(self.address, options=arguments, **options)


def probe_app(folder, name="probe", extra="", user_config=None, routes=None, **deployment):
    """Writes an app file with one Python deployment and gives its path."""
    fields = {
        "name": name,
        "command": [sys.executable, str(HERE / "probe_server.py")],
        "services": ["probe.v1.Probe"],
        "num_replicas": 1,
        "max_ongoing_requests": 32,
        "resources": {"cpus": 0.1},
        "user_config": user_config or {},
        **deployment,
    }
    spec = {
        "name": "probe-app",
        "protos": [str(HERE / "protos/probe/v1/probe.proto")],
        "deployments": [fields],
        "routes": routes or [{"service": "probe.v1.Probe", "deployment": name}],
    }
    path = pathlib.Path(folder) / "app.yaml"
    path.write_text(json.dumps(spec, indent=2))
    return path


class Load:
    """A steady load from a few threads that counts how every single call ended."""

    def __init__(self, call, threads=4, pause=0.002):
        self.call, self.pause = call, pause
        self.ok, self.failures = 0, []
        self.slowest = 0.0  # seconds, of the calls that ended well
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def run(self):
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self.call()
                with self.lock:
                    self.ok += 1
                    self.slowest = max(self.slowest, time.monotonic() - began)
            except grpc.RpcError as error:
                with self.lock:
                    self.failures.append((time.monotonic(), error.code().name, error.details()))
            time.sleep(self.pause)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.ok >= 20, 20, f"load runs; failures so far {self.failures[:3]}")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def steady(self, calls):
        """Waits until so many more calls have ended well."""
        goal = self.ok + calls
        wait_until(lambda: self.ok >= goal, 60, f"{calls} more calls; {self.failures[:3]}")
