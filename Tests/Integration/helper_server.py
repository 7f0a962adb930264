"""A deployment that serves through, or beside, processes of its own, as model servers do.

`user_config` says which helpers it starts: `session` has a session of its own, `daemon` was forked twice,
`bare` has no environment either, `polite` needs half a second to end, `hydra` is a new process every few milliseconds.
Each writes its pid into `folder`. With `each` a replica waits for its own helpers only."""

import json
import os
import pathlib
import subprocess
import sys

HELPER = """
import os, pathlib, signal, sys, time
kind, folder = sys.argv[1:3]
if kind in ("daemon", "bare") and os.fork():
    os._exit(0)
if kind in ("daemon", "bare"):
    os.setsid()
    if os.fork():
        os._exit(0)
def end(*_):
    time.sleep(0.5)
    pathlib.Path(folder, kind + ".ended").write_text(str(os.getpid()))
    sys.exit()
if kind == "polite":
    signal.signal(signal.SIGTERM, end)
path = pathlib.Path(folder, f"{kind}-{os.getpid()}.pid")
path.with_suffix(".new").write_text(str(os.getpid()))
path.with_suffix(".new").rename(path)
if kind == "hydra":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(0.003)
        if os.fork():
            os._exit(0)
while True:
    time.sleep(60)
"""


def start(kind, folder):
    environment = {"PATH": os.environ["PATH"]} if kind == "bare" else None
    subprocess.Popen(
        [sys.executable, "-c", HELPER, kind, folder], start_new_session=True, env=environment,
        stdout=subprocess.DEVNULL if kind == "bare" else None,
        stderr=subprocess.DEVNULL if kind == "bare" else None)


def count(folder):
    return len(list(pathlib.Path(folder).glob("*.pid")))


def main():
    with open(os.environ["MARTLET_CONFIG"]) as file:
        config = json.load(file)
    folder = config["folder"]
    for kind in config["helpers"]:
        start(kind, folder)
    while not config.get("each") and count(folder) < len(config["helpers"]):
        pass
    import probe_server
    probe_server.main()


main()
