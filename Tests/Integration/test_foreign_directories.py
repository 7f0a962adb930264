"""A run directory that somebody else has a hand in is believed by no command, and no number in a file is killed."""

import fcntl
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

import pytest

from mesh import MARTLET, ROOT

SOMEBODY = 12345
APP = str(ROOT / "deploy/echo/martlet.yaml")
COMMANDS = {
    "up": ["up", APP, "--detach", "--listen", "127.0.0.1:0"],
    "down": ["down"],
    "deploy": ["deploy", APP],
    "status": ["status"],
    "ps": ["ps"],
    "logs": ["logs", "echo"],
    "events": ["events"],
    "scale": ["scale", "echo=2"],
    "call": ["call", "echo.v1.Echo/Echo", "{}"],
    "explain": ["explain", "echo.v1.Echo/Echo"],
    "rollback": ["rollback", "echo"],
    "delete": ["delete", "echo"],
    "controller": ["controller"],
}


def anothers(top):
    made = top / "run"
    made.mkdir(mode=0o700)
    os.chown(made, SOMEBODY, SOMEBODY)
    return made, made, f"belongs to user {SOMEBODY}"


def open_to_others(top):
    made = top / "run"
    made.mkdir(mode=0o755)
    return made, made, "chmod 700"


def a_link(top):
    made = top / "real"
    made.mkdir(mode=0o700)
    (top / "run").symlink_to(made)
    return top / "run", made, "a link is not taken"


def below(mode=0o755, user=0, group=0):
    def make(top):
        above = top / "above"
        above.mkdir()
        made = above / "deep" / "run"
        made.mkdir(mode=0o700, parents=True)
        above.chmod(mode)
        os.chown(above, user, group)
        return made, made, str(above)
    return make


def through_anothers_link(top):
    made = top / "real" / "run"
    made.mkdir(mode=0o700, parents=True)
    link = top / "link"
    link.symlink_to(top / "real")
    os.chown(link, SOMEBODY, SOMEBODY, follow_symlinks=False)
    return link / "run", made, f"{link} belongs to user {SOMEBODY}"


def through_a_link_to_anothers(top):
    given, made, reason = below(user=SOMEBODY)(top)
    link = top / "link"
    link.symlink_to(made.parent)
    return link / "run", made, reason


FOREIGN = {
    "another's": anothers,
    "open": open_to_others,
    "a link": a_link,
    "below another's": below(user=SOMEBODY),
    "below one that all may write to": below(mode=0o777),
    "below one that a group may write to": below(mode=0o775, group=SOMEBODY),
    "through another's link": through_anothers_link,
    "through a link to another's": through_a_link_to_anothers,
}
OWN = {
    "below a sticky one": below(mode=0o1777),
    "below one that root's group may write to": below(mode=0o775),
}


@pytest.fixture
def top():
    if os.geteuid() != 0:
        pytest.skip("only root can make what belongs to others")
    with tempfile.TemporaryDirectory(prefix="f") as folder:
        yield pathlib.Path(folder)


def martlet(words, run_dir):
    return subprocess.run([MARTLET, *words, "--run-dir", str(run_dir)], capture_output=True,
                          text=True, timeout=60)


def listener(path):
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(path))
    made.listen()
    made.setblocking(False)
    return made


def connections(listening):
    try:
        listening.accept()[0].close()
        return 1
    except BlockingIOError:
        return 0


@pytest.mark.parametrize("situation", FOREIGN)
def test_no_command_believes_a_directory_of_others(top, situation):
    given, made, reason = FOREIGN[situation](top)
    sockets = [listener(made / name) for name in ("controller.sock", "router.sock")]
    before = sorted(os.listdir(made))
    try:
        for name, words in COMMANDS.items():
            done = martlet(words, given)
            assert done.returncode == 73 and reason in done.stderr, (name, done)
            assert sum(map(connections, sockets)) == 0, f"{name} has connected"
            assert sorted(os.listdir(made)) == before, f"{name} has made something"
    finally:
        for one in sockets:
            one.close()


@pytest.mark.parametrize("situation", OWN)
def test_one_that_nobody_else_can_change_is_taken(top, situation):
    given, _, _ = OWN[situation](top)
    done = martlet(["status"], given)
    assert done.returncode == 69 and "no mesh runs in" in done.stderr


def test_who_names_a_server_needs_no_directory(top):
    given, _, _ = anothers(top)
    done = martlet(["call", "a.B/C", "{}", "--address", f"unix:{top}/nobody.sock"], given)
    assert done.returncode == 1 and f"cannot connect to unix:{top}/nobody.sock" in done.stderr, done


def test_down_ends_nobody_but_the_supervisor(top):
    """The lock is held, and names a process that does not hold it."""
    run_dir = top / "run"
    run_dir.mkdir(mode=0o700)
    victim = subprocess.Popen(["sleep", "60"])
    try:
        with open(run_dir / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{victim.pid}\n")
            lock.flush()
            done = martlet(["down"], run_dir)
        assert done.returncode == 69 and f"names process {victim.pid}" in done.stderr, done
        assert victim.poll() is None, "it was ended"
    finally:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
