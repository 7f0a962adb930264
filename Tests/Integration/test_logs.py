"""Logs and events: bounded, cut where they are too long, and never empty when they have something to tell."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mesh import HERE, MARTLET, probe_app, wait_until

MiB = 1 << 20

# Writes at a given rate, or one line of a given length, once a file appears; then serves on.
FLOOD = """
import os, pathlib, sys, threading, time
def flood():
    go = pathlib.Path({go!r})
    while not go.exists():
        time.sleep(0.01)
    kind, amount = go.read_text().split()
    if kind == "line":
        os.write(1, b"before\\n" + b"x" * int(amount) + b"\\nafter\\n")
        return
    line = b"flood " + b"y" * 993 + b"\\n"
    end, began, sent = int(amount), time.monotonic(), 0
    while sent < end:
        os.write(1, line * 50)
        sent += 50000
        time.sleep(max(0, sent / 50e6 - (time.monotonic() - began)))
    os.write(1, b"the last line\\n")
    if kind == "die":
        os._exit(9)
threading.Thread(target=flood, daemon=True).start()
sys.argv = ["probe"]
sys.path.insert(0, {here!r})
import probe_server
probe_server.main()
"""


def flood_app(mesh, **fields):
    code = FLOOD.format(go=str(mesh.folder / "go"), here=str(HERE))
    return probe_app(mesh.folder, command=[sys.executable, "-c", code], **fields)


def start_flood(mesh, kind, amount):
    new = mesh.folder / "go.new"
    new.write_text(f"{kind} {amount}")
    new.rename(mesh.folder / "go")


def log_of(mesh, number=1):
    return mesh.run_dir / "logs" / f"probe-{number}.log"


def test_a_flood_is_bounded_within_a_second_and_logs_show_its_end(mesh):
    mesh.up(flood_app(mesh))
    mesh.wait_running("probe", 1)
    log, most = log_of(mesh), 0
    start_flood(mesh, "flood", 150 * 1000 * 1000)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        most = max(most, log.stat().st_size)
        if b"the last line" in mesh_tail(log):
            break
        time.sleep(0.01)
    assert most < 64 * MiB, f"the log had {most / MiB:.0f} MiB"
    wait_until(lambda: log.stat().st_size < 17 * MiB, 2, "the log is cut")
    shown = mesh.cli("logs", "probe").stdout
    assert shown.endswith("the last line\n")
    assert MiB < len(shown) < 40 * MiB
    assert "bytes before this were cut]" in shown


def mesh_tail(log):
    with open(log, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 4096))
        return file.read()


def test_logs_are_not_empty_after_a_rotation_and_followers_go_on(mesh):
    mesh.up(flood_app(mesh))
    mesh.wait_running("probe", 1)
    follower = subprocess.Popen(
        [MARTLET, "logs", "-f", "probe", "--run-dir", str(mesh.run_dir)], stdout=subprocess.PIPE)
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(follower.stdout))
    reader.start()
    try:
        # A little over the limit, so that the log is cut right behind the last line.
        start_flood(mesh, "flood", 17 * MiB)
        wait_until(lambda: log_of(mesh).with_suffix(".log.1").exists(), 10, "a rotation")
        wait_until(lambda: seen and seen[-1] == b"the last line\n", 10, "the follower sees the end")
        shown = mesh.cli("logs", "probe").stdout
        assert shown.endswith("the last line\n")
        mesh.cli("call", "probe.v1.Probe/Echo", '{"text": "gone", "sleep_ms": 5000}', "--timeout",
                 "0.2", check=False)
        wait_until(lambda: seen[-1] == b"cancelled gone\n", 10, "the follower sees what comes next")
    finally:
        follower.kill()
        follower.wait()
        reader.join()
    floods = sum(line.startswith(b"flood") for line in seen)
    assert floods > 17 * MiB // 1000 * 0.8, "the follower lost what was cut"


def test_long_lines_are_cut_and_say_how_much_is_missing(mesh):
    mesh.up(flood_app(mesh))
    mesh.wait_running("probe", 1)
    start_flood(mesh, "line", 10_000_000)
    wait_until(lambda: mesh_tail(log_of(mesh)).endswith(b"after\n"), 10, "the line is written")
    lines = mesh.cli("logs", "probe").stdout.splitlines()
    assert lines[-1] == "after" and lines[-3] == "before"
    assert len(lines[-2]) < 20_000
    kept = lines[-2].count("x")
    assert lines[-2].endswith(f"[{10_000_000 - kept} bytes cut]")


def test_events_show_the_last_lines_that_they_promise(mesh):
    mesh.up(flood_app(mesh, num_replicas=1))
    replica = mesh.wait_running("probe", 1)[0]
    start_flood(mesh, "line", 10_000_000)
    wait_until(lambda: mesh_tail(log_of(mesh)).endswith(b"after\n"), 10, "the line is written")
    os.kill(replica.pid, signal.SIGKILL)
    wait_until(lambda: "ReplicaDied" in mesh.cli("events").stdout, 10, "its end is told")
    shown = mesh.cli("events").stdout
    after = shown[shown.index("ReplicaDied"):].splitlines()
    assert "its last lines:" in after[0]
    assert "    before" in after and "    after" in after
    assert len(shown) < 20_000 and "bytes cut]" in shown


def test_events_show_last_lines_of_a_log_that_was_just_cut(mesh):
    mesh.up(flood_app(mesh))
    mesh.wait_running("probe", 1)
    start_flood(mesh, "die", 17 * MiB)
    wait_until(lambda: "ReplicaDied" in mesh.cli("events").stdout, 10, "its end is told")
    shown = mesh.cli("events").stdout
    assert "    the last line" in shown[shown.index("ReplicaDied"):].splitlines()


def test_a_line_without_an_end_is_shown(mesh):
    code = "import sys; sys.stdout.write('no end'); sys.exit(1)"
    mesh.up(probe_app(mesh.folder, command=[sys.executable, "-c", code]), check=False)
    assert "no end\n" in mesh.cli("logs", "probe").stdout


@pytest.mark.timeout(60)
def test_python_prints_reach_the_log_at_once(mesh):
    code = ("import sys; print('hello log'); sys.path.insert(0, %r)\n"
            "import probe_server; probe_server.main()" % str(HERE))
    mesh.up(probe_app(mesh.folder, command=[sys.executable, "-c", code]))
    assert "hello log" in mesh.cli("logs", "probe").stdout
