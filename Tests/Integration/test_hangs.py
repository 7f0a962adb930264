"""A router or a controller that hangs is replaced; one that was merely stopped with all others is not."""

import contextlib
import os
import signal
import time

from mesh import Load, alive, children_of_run, probe_app, wait_until
from test_failures import echo, parent


def stop_until_replaced(mesh, role, within=25):
    pid = mesh.process(role)
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: not alive(pid), within, f"the stopped {role} is ended")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: mesh.process(role) not in (None, pid), 5, f"a new {role}")


def test_a_stopped_router_is_replaced_and_events_tell_why(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    stop_until_replaced(mesh, "router")
    with mesh.channel() as channel:
        assert echo(channel, text="on")().text == "on"
    wait_until(lambda: "RouterDied" in mesh.cli("events").stdout, 5, "the event")
    assert "router-0 has been stopped for" in mesh.cli("events").stdout


def test_a_stopped_controller_is_replaced_while_calls_go_on(mesh):
    mesh.up(probe_app(mesh.folder))
    before = mesh.wait_running("probe", 1)[0].pid
    with mesh.channel() as channel, Load(echo(channel)) as load:
        stop_until_replaced(mesh, "controller")
        assert mesh.wait_running("probe", 1)[0].pid == before
        load.steady(50)
    assert load.failures == []
    wait_until(lambda: "ControllerDied" in mesh.cli("events").stdout, 5, "the event")
    assert "controller has been stopped for" in mesh.cli("events").stdout


def test_a_mesh_that_was_stopped_as_a_whole_goes_on_as_it_was(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    before = sorted(children_of_run(mesh.run_dir))
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(8)
    for pid in reversed(before):
        os.kill(pid, signal.SIGCONT)
    time.sleep(3)
    assert sorted(children_of_run(mesh.run_dir)) == before
    with mesh.channel() as channel:
        assert echo(channel, text="on")().text == "on"


def test_down_ends_a_mesh_whose_controller_hangs(mesh):
    mesh.up(probe_app(mesh.folder))
    mesh.wait_running("probe", 1)
    assert parent(mesh.process("router")) == parent(mesh.process("controller"))
    os.kill(mesh.process("controller"), signal.SIGSTOP)
    mesh.cli("down", timeout=40)
    assert children_of_run(mesh.run_dir) == []
