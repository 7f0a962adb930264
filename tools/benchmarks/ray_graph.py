"""The graphs of `compose` in Ray Serve: `ray_graph.py PORT`. Bodies are bytes; the path says which graph."""

import asyncio
import signal
import sys
import threading

from ray import serve

OPTIONS = {"num_replicas": 1, "max_ongoing_requests": 1024, "ray_actor_options": {"num_cpus": 0.1}}


@serve.deployment(**OPTIONS)
class Echo:
    async def __call__(self, message):
        return message


@serve.deployment(**OPTIONS)
class Graphs:
    def __init__(self, downloader, preprocessor, detector, experts, combiner):
        self.row = [downloader, preprocessor, detector]
        self.experts, self.combiner = experts, combiner

    async def __call__(self, request):
        message = await request.body()
        for step in self.row:
            message = await step.remote(message)
        if request.url.path == "/dispatch":
            message = await self.experts[message[-1] % 3].remote(message)
        else:
            answers = await asyncio.gather(*(expert.remote(message) for expert in self.experts))
            message = max(answers, key=answers.count)
        return (await self.combiner.remote(message)).decode()


def main():
    def echo(name):
        return Echo.options(name=name).bind()

    experts = [echo(name) for name in ("looped", "open", "unsure")]
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Graphs.bind(echo("downloader"), echo("preprocessor"), echo("detector"), experts,
                          echo("combiner")))
    print("ready", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    serve.shutdown()


if __name__ == "__main__":
    main()
