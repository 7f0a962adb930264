"""Very many connections that do nothing, and what one more than the limit gets."""

import resource

import pytest

import rawhttp2 as h2
from mesh import ROOT, wait_until
from proofs import FULL, raise_descriptor_limit, sized
from rawload import Client, call, descriptors, message, proportional, request, settle

PATH = "/echo.v1.Echo/Echo"
MOST = 10_000  # Limits.maxConnections
# No address may have more than half of them (Limits.maxConnectionsPerPeer).
SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


@pytest.mark.timeout(600)
def test_idle_connections_cost_little_and_are_all_served(mesh):
    count = sized(MOST, 500)
    if not raise_descriptor_limit(count + 500):
        pytest.skip(f"this machine lets no process open {count + 500} descriptors")
    mesh.up(ROOT / "deploy/echo/martlet.yaml")
    mesh.wait_running("echo", 1)
    router = mesh.process("router")
    with Client(mesh.address) as client:
        client.calls(1000, PATH, message(b"x" * 100))
    before = settle(lambda: proportional(router))
    sockets = descriptors(router)[1]
    clients = []
    try:
        for number in range(count):
            clients.append(Client(mesh.address, source=SOURCES[number % len(SOURCES)]))
        for client in clients:
            while not client.rest and not hasattr(client, "greeted"):
                client.read()
                client.greeted = True
        idle = settle(lambda: proportional(router), quiet=1)
        each = (idle - before) / count
        print(f"\n{count} idle connections: {each:.1f} KiB each ({before} -> {idle} KiB PSS)")
        assert descriptors(router)[1] == sockets + count
        # In waves that the deployment has room for.
        for wave in (clients[start:start + 1000] for start in range(0, count, 1000)):
            for client in wave:
                client.socket.sendall(call(client.opened(), request(PATH), message(b"y" * 100)))
            for client in wave:
                while client.open:
                    client.read()
                assert client.ok == 1 and not client.failures
        if FULL:
            check_one_more(mesh)
    finally:
        for client in clients:
            client.socket.close()
    # Of each, nghttp2's session has some 6 KiB.
    assert each <= 14
    wait_until(lambda: descriptors(router)[1] == sockets, 10, "the router closed them all")


def check_one_more(mesh):
    """It is turned away, in words, and the others stay."""
    with h2.Connection(mesh.address) as one:
        one.send(h2.PREFACE + h2.settings())
        assert one.pump(lambda: one.closed)
    assert f"{MOST} connections are open" in mesh.logs()


@pytest.mark.parametrize("hard", [None, 150])
def test_a_router_takes_the_descriptors_it_may_have_and_says_when_there_are_none(mesh, hard):
    def few():
        now = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (150, hard or now))

    mesh.up(ROOT / "deploy/echo/martlet.yaml", preexec_fn=few)
    mesh.wait_running("echo", 1)
    clients = [Client(mesh.address) for _ in range(300)]
    try:
        if hard:
            wait_until(lambda: "connections are turned away" in mesh.logs(), 5, "the log says why")
            for client in clients[100:]:
                client.socket.close()
            clients = clients[:100]
        for client in clients:
            client.calls(1, PATH, message(b"z"))
            assert client.ok == 1
        assert hard or "turned away" not in mesh.logs()
        # What waited in the kernel's queue is served once there is room.
        with Client(mesh.address) as late:
            late.calls(1, PATH, message(b"z"))
            assert late.ok == 1
    finally:
        for client in clients:
            client.socket.close()
