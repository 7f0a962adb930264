"""A deployment that streams text, in plain Python. It says in its log what it made and what was cancelled."""

import asyncio
import json
import os
import signal
import sys
import time

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer
from grpc_health.v1 import health_pb2_grpc

sys.path.insert(0, os.environ["PROBE_STUBS"])
from tokens.v1 import tokens_pb2, tokens_pb2_grpc  # noqa: E402


def log(**line):
    print(json.dumps({"at": time.monotonic(), **line}), flush=True)


class Text(tokens_pb2_grpc.TextServicer):
    async def Prepare(self, request, context):
        request.text = request.text.strip().lower()
        return request

    async def Generate(self, request, context):
        made = 0
        try:
            for number in range(1, request.count + 1):
                if number == request.generate_fails_at:
                    await context.abort(grpc.StatusCode.DATA_LOSS, f"no token {number}")
                if request.pause_ms:
                    await asyncio.sleep(request.pause_ms / 1000)
                yield tokens_pb2.Token(
                    text=f"{request.text}{number}", number=number, padding=bytes(request.padding),
                    polish_fails_at=request.polish_fails_at)
                made = number
                log(made=number, text=request.text)
        except (asyncio.CancelledError, GeneratorExit):
            log(cancelled="Generate", text=request.text, made=made)
            raise

    async def Polish(self, tokens, context):
        text = ""
        try:
            async for token in tokens:
                text = token.text
                if token.polish_fails_at == token.number != 0:
                    await context.abort(grpc.StatusCode.OUT_OF_RANGE, f"cannot polish {token.number}")
                token.text = token.text.upper()
                yield token
        except (asyncio.CancelledError, GeneratorExit):
            log(cancelled="Polish", text=text)
            raise

    async def Join(self, tokens, context):
        texts = [token.text async for token in tokens]
        return tokens_pb2.Prompt(text=" ".join(texts), count=len(texts))


async def main():
    server = grpc.aio.server()
    tokens_pb2_grpc.add_TextServicer_to_server(Text(), server)
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    server.add_insecure_port(os.environ["MARTLET_LISTEN"])
    await server.start()
    await health.set("", health_pb2.HealthCheckResponse.SERVING)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await health.enter_graceful_shutdown()
    await server.stop(30)


if __name__ == "__main__":
    asyncio.run(main())
