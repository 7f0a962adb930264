"""`tools/bench start`: time to the first answer, memory, and the first answer from no replica."""

import pathlib
import tempfile
import time

import grpc

from measure import Figure, echo_message, median, pss_mb
from meshes import ROOT, Running, deployed, martlet, mesh


# Replicas that are added to see what one takes; they fit on two cores.
MORE = 2


def first_answer():
    """Milliseconds from starting `martlet up` to a real client's first answer."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        run_dir = pathlib.Path(folder) / "run"
        began = time.monotonic()
        martlet("up", ROOT / "deploy/echo/martlet.yaml", "--detach", "--listen", "127.0.0.1:0",
                run_dir=run_dir)
        running = Running(run_dir)
        try:
            call(running.address)
            return (time.monotonic() - began) * 1000
        finally:
            martlet("down", run_dir=run_dir)


def call(address):
    with grpc.insecure_channel(
            address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        channel.unary_unary("/echo.v1.Echo/Echo")(echo_message(100), timeout=20)


def from_zero():
    """Milliseconds of a call that finds no replica and has to wait for one to start."""
    with mesh(deployed("echo", "to-zero.yaml")) as running, grpc.insecure_channel(running.address) as channel:
        echo = channel.unary_unary("/echo.v1.Echo/Echo")
        echo(echo_message(100), timeout=20)
        end = time.monotonic() + 20
        while any(running.role(pid) == "replica" for pid in running.pids()):
            if time.monotonic() > end:
                raise SystemExit("bench: the deployment did not scale to zero within 20 s")
            time.sleep(0.05)
        began = time.monotonic()
        echo(echo_message(100), timeout=20)
        return (time.monotonic() - began) * 1000


def memory():
    """PSS in MB: of all processes that are no replica, and of one more replica, each after calls."""
    with mesh(deployed("echo")) as running:
        def pss(wanted):
            for _ in range(20):
                call(running.address)
            roles = {pid: running.role(pid) for pid in running.pids()}
            return sum(pss_mb(pid) for pid, role in roles.items() if wanted(role))

        base = pss(lambda role: role != "replica")
        # Replicas share the pages of their program, so one more is what all of them grow by.
        alone = pss(lambda role: role == "replica")
        martlet("scale", f"echo={1 + MORE}", run_dir=running.run_dir)
        end = time.monotonic() + 20
        while martlet("ps", run_dir=running.run_dir).stdout.count("RUNNING") < 1 + MORE:
            if time.monotonic() > end:
                raise SystemExit("bench: the replicas did not start within 20 s")
            time.sleep(0.05)
        return base, (pss(lambda role: role == "replica") - alone) / MORE


def figures(rounds, _requests):
    rounds = max(rounds, 5)
    rows = []
    for scenario, take in (("first-answer", first_answer), ("from-zero", from_zero)):
        times = sorted(take() for _ in range(rounds))
        rows.append(Figure("start", scenario, "martlet", p50_ms=times[len(times) // 2],
                           p99_ms=times[-1]))
    taken = [memory() for _ in range(3)]
    for scenario, index in (("memory-base", 0), ("memory-one-more-replica", 1)):
        rows.append(median([
            Figure("start", scenario, "martlet", pss_mb=pair[index]) for pair in taken]))
    return rows
