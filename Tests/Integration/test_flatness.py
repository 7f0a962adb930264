"""What a process holds does not grow with the calls, connections and cancellations it has seen."""

import pytest

import rawhttp2 as h2
from mesh import ROOT, wait_until
from proofs import sized
from rawload import Client, abort, call, descriptors, message, request, resident, settle

PATH = "/echo.v1.Echo/Echo"
BODY = message(b"x" * 100)


def make_calls(address, count):
    per_connection = 250_000
    while count > 0:
        part = min(count, per_connection)
        with Client(address) as client:
            client.calls(part, PATH, BODY)
            assert client.ok == part and not client.failures
        count -= part


def make_connections(address, count):
    """Some end in good order, some with a reset, some while their call is under way."""
    for number in range(count):
        client = Client(address)
        if number % 3:
            client.calls(1, PATH, BODY)
            assert client.ok == 1
        else:
            client.socket.sendall(call(client.opened(), request(PATH), BODY))
        if number % 2:
            abort(client.socket)
        else:
            client.socket.close()


class LateClient(Client):
    """Takes answers of streams that were cancelled meanwhile, too."""
    def ended(self, stream, status):
        if stream in self.open:
            super().ended(stream, status)


def cancel_streams(address, count):
    """Calls that are cancelled half sent, while they run and after their answer, in turn."""
    block = request(PATH)
    # A server ends a connection that resets more than 5,000 streams at once.
    per_connection = 1000
    while count > 0:
        with LateClient(address) as client:
            for start in range(0, min(count, per_connection), 50):
                streams = [client.opened() for _ in range(50)]
                client.socket.sendall(b"".join(
                    (h2.headers(s, block) if s % 4 == 1 else call(s, block, BODY)) + h2.reset(s)
                    for s in streams))
                client.open.clear()
                # Behind them a call that counts: the server has seen all of the above.
                before = client.ok
                client.socket.sendall(call(client.opened(), block, BODY))
                while client.ok == before:
                    client.read()
        count -= per_connection


def held(pids):
    return {role: (resident(pid), *descriptors(pid)) for role, pid in pids.items()}


@pytest.mark.timeout(3600)
def test_memory_descriptors_and_sockets_are_flat(mesh):
    mesh.up(ROOT / "deploy/echo/martlet.yaml")
    replica = mesh.wait_running("echo", 1)[0]
    pids = {"router": mesh.process("router"), "replica": replica.pid}
    loads = [
        (make_calls, sized(1_000_000, 10_000)), (make_connections, sized(100_000, 1_000)),
        (cancel_streams, sized(100_000, 1_000))]
    # The first tenth lets pools and tables grow to what such a load needs.
    for load, count in loads:
        load(mesh.address, max(count // 10, 1000))
    wait_until(lambda: mesh.deployment("echo").ongoing_requests == 0, 10, "nothing is ongoing")
    before = settle(lambda: held(pids))
    for load, count in loads:
        load(mesh.address, count)
    wait_until(lambda: mesh.deployment("echo").ongoing_requests == 0, 10, "nothing is ongoing")
    after = settle(lambda: held(pids))
    print(f"\n(KiB, descriptors, sockets) before {before}\nafter {after}")
    for role in pids:
        (memory, files, sockets), (memory_after, files_after, sockets_after) = before[role], after[role]
        assert (files_after, sockets_after) == (files, sockets), role
        assert memory_after <= memory + 2048, f"{role}: {memory} -> {memory_after} KiB"
