"""A router or a controller that hangs is replaced; one that was merely stopped with all others is not."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest
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


SPINNING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

// Never comes back once there is a file named by the process's number.
static void spin_if_told(void) {
  char path[4096];
  const char *folder = getenv("SPIN_FOLDER");
  if (!folder) return;
  snprintf(path, sizeof path, "%s/%d", folder, (int)getpid());
  if (access(path, F_OK) != 0) return;
  for (;;) __asm__ volatile("");
}

int epoll_wait(int set, struct epoll_event *events, int most, int timeout) {
  spin_if_told();
  int (*next)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, "epoll_wait");
  int count = next(set, events, most, timeout);
  spin_if_told();
  return count;
}

int epoll_pwait(int set, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
  spin_if_told();
  int (*next)(int, struct epoll_event *, int, int, const sigset_t *) = dlsym(RTLD_NEXT, "epoll_pwait");
  int count = next(set, events, most, timeout, mask);
  spin_if_told();
  return count;
}

int epoll_pwait2(
    int set, struct epoll_event *events, int most, const struct timespec *timeout,
    const sigset_t *mask) {
  spin_if_told();
  int (*next)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) =
      dlsym(RTLD_NEXT, "epoll_pwait2");
  int count = next(set, events, most, timeout, mask);
  spin_if_told();
  return count;
}
"""


@pytest.fixture
def spinning(mesh):
    """A mesh whose event loops compute without end once they are told: `spinning.spin(pid)`."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the library that makes a loop spin")
    source, library = mesh.folder / "spin.c", mesh.folder / "spin.so"
    source.write_text(SPINNING)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    told = mesh.folder / "told"
    told.mkdir()
    environment = mesh.environment
    mesh.environment = lambda: {
        **environment(), "LD_PRELOAD": str(library), "SPIN_FOLDER": str(told)}
    mesh.spin = lambda pid: (told / str(pid)).write_text("")
    return mesh


def spin_until_replaced(mesh, role, within=25):
    pid = mesh.process(role)
    began = time.monotonic()
    mesh.spin(pid)
    wait_until(lambda: not alive(pid), within, f"the spinning {role} is ended")
    assert time.monotonic() - began > 5, "it was given time"
    wait_until(lambda: mesh.process(role) not in (None, pid), 5, f"a new {role}")


def test_a_router_whose_loop_spins_is_replaced(spinning):
    spinning.up(probe_app(spinning.folder))
    before = spinning.wait_running("probe", 1)[0].pid
    spin_until_replaced(spinning, "router")
    with spinning.channel() as channel:
        assert echo(channel, text="on")().text == "on"
    assert spinning.wait_running("probe", 1)[0].pid == before
    said = wait_until(
        lambda: "RouterDied" in (text := spinning.cli("events").stdout) and text, 5, "the event")
    assert "router-0 has given no sign of life for" in said and "it computes without end" in said


def test_a_controller_whose_loop_spins_is_replaced_while_calls_go_on(spinning):
    spinning.up(probe_app(spinning.folder))
    before = spinning.wait_running("probe", 1)[0].pid
    # One thread: the spinning controller has one of two cores.
    with spinning.channel() as channel, Load(echo(channel), threads=1, pause=0.02) as load:
        spin_until_replaced(spinning, "controller")
        assert spinning.wait_running("probe", 1)[0].pid == before
        load.steady(20)
    assert load.failures == []
    said = wait_until(
        lambda: "ControllerDied" in (text := spinning.cli("events").stdout) and text, 5, "the event")
    assert "controller has given no sign of life for" in said and "it computes without end" in said
