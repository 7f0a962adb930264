"""A deployment that answers every method with the bytes that it was sent."""

from concurrent import futures

import grpc

from replica import serve


class Mirror(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method.startswith("/grpc.health."):
            return None
        return grpc.unary_unary_rpc_method_handler(lambda request, _: request)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers([Mirror()])
    serve(server, grace=5)


if __name__ == "__main__":
    main()
