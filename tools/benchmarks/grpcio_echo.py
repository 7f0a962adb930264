"""The echo service on grpcio's asyncio server: the peer that Python users have. Argument: port."""

import asyncio
import sys

import grpc


async def main():
    server = grpc.aio.server()
    method = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("echo.v1.Echo", {"Echo": method}),))
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    await server.start()
    await server.wait_for_termination()


async def echo(request, _context):
    return request


asyncio.run(main())
