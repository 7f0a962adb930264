"""Stands between a mesh and the real program of a replica, and turns deaf.

`deaf_relay.py PROGRAM ARGUMENT...` starts the program at a socket of its own and forwards connections to it. At SIGUSR1 every
connection that is there falls silent in both directions without being closed, as one does that was cut on its way; new ones work.
At SIGUSR2 new ones fall silent too.
"""

import os
import signal
import socket
import subprocess
import sys
import threading

SILENT = []  # events, one for each connection
ALL = threading.Event()  # whoever connects is not heard


def copy(source, target, silent):
    while data := source.recv(65536):
        if silent.is_set() or ALL.is_set():
            continue
        target.sendall(data)
    if not silent.is_set() and not ALL.is_set():
        target.shutdown(socket.SHUT_WR)


def main():
    path = os.environ["MARTLET_LISTEN"].removeprefix("unix:")
    # Without a file, which would stay behind when this process is killed.
    inner = f"deaf-relay-{os.getpid()}"
    environment = {**os.environ, "MARTLET_LISTEN": f"unix-abstract:{inner}"}
    program = subprocess.Popen(sys.argv[1:], env=environment)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    signal.signal(signal.SIGUSR1, lambda *_: [silent.set() for silent in SILENT])
    signal.signal(signal.SIGUSR2, lambda *_: ALL.set())
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)

    def accept():
        while True:
            outer, _ = listener.accept()
            there = socket.socket(socket.AF_UNIX)
            try:
                there.connect("\0" + inner)
            except OSError:
                outer.close()
                continue
            silent = threading.Event()
            SILENT.append(silent)
            for ends in ((outer, there), (there, outer)):
                threading.Thread(target=copy, args=(*ends, silent), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    program.wait()
    os._exit(program.returncode)


if __name__ == "__main__":
    main()
