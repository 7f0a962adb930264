"""`tools/bench --gate`: instructions per request of replica and router, and of the router for one more call of a
graph, against the committed ones.

callgrind counts user instructions, so the figure is the same on a quiet machine and on a busy one; what
varies is how many requests happen to arrive together. A rise beyond `TOLERANCE` fails.
`tools/bench --gate --accept` writes what was counted as what is allowed from now on.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import edges
import peers
from measure import LOAD_CPU, SERVER_CPU, SHAPES, free_port, load, process, wait_for_port
from meshes import ROOT, martlet
from replica import echo_replica

COMMITTED = pathlib.Path(__file__).with_name("instructions.json")
TOLERANCE = 1.03
REQUESTS = 20_000
VALGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=%q{CALLGRIND_OUT}"]


@contextlib.contextmanager
def without_debug_information():
    """The binaries as valgrind can read them: it gives up at Swift's debug information."""
    built = pathlib.Path(os.environ["MARTLET_BIN"])
    with peers.folder() as folder:
        for program in ("martlet", "echo-app"):
            subprocess.run(["strip", "--strip-debug", "-o", folder / program, built / program],
                           check=True)
        os.environ["MARTLET_BIN"] = str(folder)
        yield


def control(pid, *words):
    subprocess.run(["callgrind_control", *words, str(pid)], check=True, capture_output=True)


def instructions_per_request(port, pid, out, shape=SHAPES["c8-m16"]):
    """User instructions of the process for each of a steady stream of requests."""
    requests = REQUESTS // shape.one_of
    load(port, requests // 4, shape)
    control(pid, "--zero")
    load(port, requests, shape)
    control(pid, "--dump")
    newest = max(out.parent.glob(f"{out.name}*"), key=lambda path: path.stat().st_mtime_ns)
    return int(re.search(r"^totals: (\d+)", newest.read_text(), re.M).group(1)) / requests


@contextlib.contextmanager
def counted_replica(folder):
    port, out = free_port(), folder / "callgrind.replica"
    with echo_replica(f"127.0.0.1:{port}", SERVER_CPU, prefix=VALGRIND,
                      CALLGRIND_OUT=str(out)) as pid:
        yield port, pid, out


@contextlib.contextmanager
def counted_router(folder, app=ROOT / "deploy/echo/martlet.yaml"):
    """A controller, and a router under callgrind, each started alone."""
    run, port, out = folder / "run", free_port(), folder / "callgrind.router"
    binary = pathlib.Path(os.environ["MARTLET_BIN"])
    path = {**os.environ, "PATH": f"{binary}:{os.environ['PATH']}", "CALLGRIND_OUT": str(out)}
    with process([binary / "martlet", "controller", "--run-dir", run, "--app", app],
                 cpu=LOAD_CPU, env=path):
        peers.wait_for_socket(run / "controller.sock")
        with process([*VALGRIND, binary / "martlet", "router", "--run-dir", run, "--listen",
                      f"127.0.0.1:{port}"], env=path) as router:
            wait_for_port(port, within=60)
            end = time.monotonic() + 30
            while not is_running(martlet("status", "-o", "json", run_dir=run).stdout):
                if time.monotonic() > end:
                    raise SystemExit(f"bench: {app} did not start within 30 s")
                time.sleep(0.1)
            yield port, router.pid, out


def is_running(status):
    return [app["state"] for app in json.loads(status).get("apps", [])] == ["APP_STATE_RUNNING"]


def edge():
    with edges.file() as app, peers.folder() as folder, counted_router(folder, app) as started:
        return edges.between(
            *(instructions_per_request(*started, shape) for shape in edges.SHAPES.values()))


def counts():
    found = {}
    with without_debug_information():
        for name, start in (("replica", counted_replica), ("router", counted_router)):
            with peers.folder() as folder, start(folder) as (port, pid, out):
                found[name] = round(instructions_per_request(port, pid, out))
        found["edge"] = round(edge())
    return found


def main(accept):
    found = counts()
    if accept:
        COMMITTED.write_text(json.dumps(found, indent=2) + "\n")
    allowed = json.loads(COMMITTED.read_text())
    worse = False
    for name, count in found.items():
        if name not in allowed:
            print(f"{name}: {count:,} instructions, none committed")
            continue
        ratio = count / allowed[name]
        worse |= ratio > TOLERANCE
        print(f"{name}: {count:,} instructions per request, {allowed[name]:,} committed "
              f"({(ratio - 1) * 100:+.1f} %)")
    if worse:
        sys.exit("bench: more than 3 % above what is committed; make it cheaper, or --accept it "
                 "and say why in the commit")
