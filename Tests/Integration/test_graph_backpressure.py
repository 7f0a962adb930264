"""A fast step in front of a slow one, and long lists, cost the router what their limits say and no more."""

import asyncio
import collections
import contextlib
import threading
import time

import grpc
import pytest

import work_app
from mesh import wait_until
from proofs import sized
from rawload import proportional, settle
from work_app import DO, call

EACH = "work.v1.Work/Other"
REQUESTS, CONNECTIONS, PAYLOAD = 10_000, 10, 10_000
ONGOING = {"fast": 64, "slow": 16}
QUEUED = {"fast": 400, "slow": 100}
# A message as it came, in its frames on the way to the replica, and the answer.
COPIES = 3
# What a connection may hold beside: what is read at once and what waits to be written.
CONNECTION_BYTES = 1 << 20

ELEMENTS, ELEMENT = 4096, 200
LISTS = sized(6, 2)
# A list as it came, its elements apart, their answers, all of them joined, and in frames.
LIST_COPIES = 6
SLACK = 4 << 20


def bound():
    """KiB that the router may take for requests whose number and queues are limited."""
    held = sum(ONGOING.values()) + sum(QUEUED.values())
    return (held * COPIES * PAYLOAD + CONNECTIONS * CONNECTION_BYTES + SLACK) >> 10


def app(mesh, queued):
    def made(name, **config):
        return work_app.deployment(name, options={
            "max_ongoing_requests": ONGOING[name], "max_queued_requests": queued[name]}, **config)

    return [made("fast"), made("slow", delay_s=0.02), work_app.deployment("element")], {
        DO: {"sequence": [call("fast"), call("slow")]},
        EACH: {"for_each": "items", "do": call("element")}}


class Peak:
    """The most that a process takes while it is watched, in KiB of PSS."""

    def __init__(self, pid):
        self.pid, self.most = pid, 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopping.wait(0.02):
            self.most = max(self.most, proportional(self.pid))

    def __enter__(self):
        self.before = settle(lambda: proportional(self.pid))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    @property
    def grown(self):
        return self.most - self.before


@contextlib.contextmanager
def running(stubs, queued):
    with work_app.folder_of_mesh(stubs) as mesh:
        work_app.up(mesh, *app(mesh, queued))
        asyncio.run(load(mesh, 200, timeout=30))  # what it always has, it has by now
        yield mesh


async def load(mesh, count, timeout):
    """Makes so many calls at once; how each of them ended."""
    from work.v1 import work_pb2

    message = work_pb2.Item(payload=bytes(PAYLOAD)).SerializeToString()
    ends = collections.Counter()
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
    async with contextlib.AsyncExitStack() as stack:
        calls = []
        for _ in range(CONNECTIONS):
            channel = await stack.enter_async_context(
                grpc.aio.insecure_channel(mesh.address, options=options))
            calls.append(channel.unary_unary(f"/{DO}"))

        async def one(call):
            try:
                answer = work_pb2.Item.FromString(await call(message, timeout=timeout))
                ends["OK" if list(answer.versions) == ["fast", "slow"] else "wrong"] += 1
            except grpc.aio.AioRpcError as error:
                ends[f"{error.code().name}: {error.details()}"] += 1

        await asyncio.gather(*(one(calls[index % CONNECTIONS]) for index in range(count)))
    return ends


@pytest.mark.timeout(300)
def test_ten_thousand_requests_through_a_fast_and_a_slow_step(stubs):
    with running(stubs, QUEUED) as mesh:
        with Peak(mesh.process("router")) as peak:
            ends = asyncio.run(load(mesh, REQUESTS, timeout=120))
        wait_until(lambda: all(mesh.deployment(name).ongoing_requests == 0 for name in QUEUED), 5,
                   "nothing is ongoing")
    print(f"\n{dict(ends)}; the router grew by {peak.grown} KiB, at most {bound()}")
    assert sum(ends.values()) == REQUESTS
    refused = {
        f"RESOURCE_EXHAUSTED: {DO} at routes[0].graph.sequence[{step}]: calling {name}: the queue of "
        f"{name} is full (max_queued_requests: {QUEUED[name]})" for step, name in enumerate(QUEUED)}
    assert ends["OK"] > 0 and set(ends) <= {"OK", *refused}
    assert set(ends) & refused, "nothing was refused: the limits were not reached"
    assert peak.grown <= bound()


@pytest.mark.timeout(300)
def test_the_bound_would_catch_requests_that_are_kept(stubs):
    """The control: queues that take all of them hold what the limits above keep out."""
    with running(stubs, dict.fromkeys(QUEUED, REQUESTS)) as mesh:
        with Peak(mesh.process("router")) as peak:
            ends = asyncio.run(load(mesh, REQUESTS, timeout=sized(30, 8)))
    print(f"\n{dict(ends.most_common(3))}; the router grew by {peak.grown} KiB")
    assert sum(ends.values()) == REQUESTS
    assert peak.grown > bound()


@pytest.mark.timeout(300)
def test_long_lists_side_by_side(stubs):
    from work.v1 import work_pb2

    request = work_pb2.Item()
    for number in range(ELEMENTS):
        request.items.add(number=number, payload=bytes(ELEMENT))
    with running(stubs, QUEUED) as mesh, mesh.channel() as channel:
        each = channel.unary_unary(
            f"/{EACH}", work_pb2.Item.SerializeToString, work_pb2.Item.FromString)
        began = time.monotonic()
        with Peak(mesh.process("router")) as peak:
            for answer in [each.future(request, timeout=120) for _ in range(LISTS)]:
                items = answer.result().items
                assert [item.number for item in items] == list(range(ELEMENTS))
                assert all(list(item.versions) == ["element"] for item in items)
        seconds = time.monotonic() - began
    most = (LISTS * LIST_COPIES * request.ByteSize() + SLACK) >> 10
    print(f"\n{LISTS} lists of {ELEMENTS} in {seconds:.1f} s; the router grew by {peak.grown} KiB, "
          f"at most {most}")
    assert peak.grown <= most
