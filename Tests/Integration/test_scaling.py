"""Real replicas follow the load, and not what chance makes of it.

Calls take 0.1 s and arrive at random, so their rate says how many are in flight on average.
"""

import asyncio
import math
import random
import threading
import time

import grpc.aio
import pytest

from mesh import probe_app
from proofs import sized

CALL = 0.1  # seconds
TARGET = 2
WARM_UP = sized(30, 12)


def app(mesh, **autoscaling):
    """The default settings, but for those that are given and for more replicas at most."""
    config = {"target_ongoing_requests": TARGET, "max_replicas": 16, **autoscaling}
    return probe_app(
        mesh.folder, user_config={"delay_s": CALL}, num_replicas="auto", max_ongoing_requests=8,
        autoscaling_config=config)


class Arrivals:
    """Poisson arrivals from a thread of its own: calls begin at random moments whoever waits for them."""

    def __init__(self, mesh, phases, seed=1):
        self.address, self.phases, self.chance = mesh.address, phases, random.Random(seed)
        self.calls, self.failures = [], []  # (began, seconds) of those that ended well
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)

    async def run(self):
        from probe.v1 import probe_pb2, probe_pb2_grpc

        async with grpc.aio.insecure_channel(self.address) as channel:
            probe = probe_pb2_grpc.ProbeStub(channel)
            await channel.channel_ready()

            async def call():
                began = time.monotonic()
                try:
                    await probe.Echo(probe_pb2.EchoRequest(), timeout=60)
                    self.calls.append((began, time.monotonic() - began))
                except grpc.aio.AioRpcError as error:
                    self.failures.append(f"{error.code().name}: {error.details()}")

            async with asyncio.TaskGroup() as group:
                due = time.monotonic()
                for seconds, rate in self.phases:
                    end = due + seconds
                    while (due := due + self.chance.expovariate(rate)) < end:
                        await asyncio.sleep(due - time.monotonic())
                        group.create_task(call())
                    due = end

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join(120)
        assert not self.failures, self.failures[:3]

    def in_flight(self, start, end):
        """The mean number of calls in flight, by Little's law."""
        return sum(s for began, s in self.calls if start <= began < end) / (end - start)

    def longest_wait(self):
        return max(seconds for _, seconds in self.calls) - CALL


def mean_replicas(mesh, end):
    """The mean number of replicas that start or run, from now until `end`."""
    from martlet.control.v1 import control_pb2

    alive = [control_pb2.REPLICA_STATE_STARTING, control_pb2.REPLICA_STATE_RUNNING]
    stub, channel = mesh.control()
    total = 0
    start = before = time.monotonic()
    with channel:
        while before < end:
            time.sleep(0.2)
            status = stub.GetStatus(control_pb2.GetStatusRequest(), timeout=10)
            count = sum(r.state in alive for r in status.apps[0].deployments[0].replicas)
            total += count * (time.monotonic() - before)
            before = time.monotonic()
    return total / (before - start)


@pytest.mark.parametrize("delay", [0, 5])
def test_a_steady_load_gets_the_replicas_that_it_needs(mesh, delay):
    """Three replicas have 6 calls in flight; at most moments there are more or fewer of them."""
    mesh.up(app(mesh, upscale_delay_s=delay, downscale_delay_s=delay))
    mesh.wait_running("probe", 1)
    watched = sized(120, 15)
    with Arrivals(mesh, [(WARM_UP + watched, 6 / CALL)]) as load:
        time.sleep(WARM_UP)
        start = time.monotonic()
        mean = mean_replicas(mesh, start + watched)
    # Calls take longer than they should on a busy machine, and are a load for as long as they take.
    ideal = load.in_flight(start, start + watched) / TARGET
    # Then a fourth replica is right; 3 % above three is no reason for one.
    whole = math.ceil(ideal - 0.1)
    print(f"delay {delay} s: {mean:.2f} replicas, ideal {ideal:.2f}")
    assert 0.75 * ideal <= mean <= 1.25 * whole, f"{mean:.2f} replicas, ideal {ideal:.2f}"


def test_a_step_waits_for_replicas_to_start_and_hardly_longer(mesh):
    mesh.up(app(mesh))
    mesh.wait_running("probe", 1)
    low, high = 20, 120  # calls a second: 1 replica, then 6
    with Arrivals(mesh, [(sized(30, 8), low), (sized(30, 8), high)]) as load:
        pass
    starts = start_times(mesh)
    # The first one was there before; the others started while each other's programs did.
    started = [seconds for number, seconds in starts.items() if number != min(starts)]
    wait, longest = load.longest_wait(), max(started)
    print(f"waited {wait:.3f} s, started within {longest:.3f} s, {len(starts)} replicas")
    assert wait <= longest + 0.3
    assert len(starts) <= 1.6 * high * CALL / TARGET, f"{len(starts)} replicas"


def start_times(mesh):
    """Seconds from the start of each replica's process until it took requests, by number."""
    spawned = {replica.number: replica.started_at_unix_ms for replica in mesh.replicas("probe")}
    # Their texts begin with `probe#3`.
    ready = {
        int(event.message.split()[0].split("#")[1]): event.unix_ms
        for event in mesh.events() if event.reason == "ReplicaReady"}
    return {number: (ready[number] - at) / 1000 for number, at in spawned.items()}
