"""The client of gRPC's interoperability tests on grpcio.

grpcio does not say which responses came compressed; who runs these cases counts bytes on the wire.
"""

import queue

import grpc

PATIENCE = 30  # seconds for a case, which needs milliseconds
REQUESTS, RESPONSES = [27182, 8, 1828, 45904], [31415, 9, 2653, 58979]
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


class Client:
    """Every case is a method of the case's name."""

    def __init__(self, channel):
        # Not before the stubs are on the path.
        from interop import test_pb2, test_pb2_grpc
        self.pb = test_pb2
        self.stub = test_pb2_grpc.TestServiceStub(channel)
        self.unimplemented = test_pb2_grpc.UnimplementedServiceStub(channel)

    # -- requests

    def payload(self, size):
        return self.pb.Payload(body=bytes(size))

    def large(self, **fields):
        return self.pb.SimpleRequest(response_size=314159, payload=self.payload(271828), **fields)

    def asking(self, request_size, response_size):
        return self.pb.StreamingOutputCallRequest(
            response_parameters=[self.pb.ResponseParameters(size=response_size)],
            payload=self.payload(request_size))

    # -- one request, one response

    def empty_unary(self):
        assert self.stub.EmptyCall(self.pb.Empty(), timeout=PATIENCE) == self.pb.Empty()

    def large_unary(self):
        response = self.stub.UnaryCall(self.large(), timeout=PATIENCE)
        assert response.payload == self.payload(314159)

    def custom_metadata(self):
        metadata = (INITIAL, TRAILING)
        _, unary = self.stub.UnaryCall.with_call(self.large(), metadata=metadata, timeout=PATIENCE)
        stream = self.stub.FullDuplexCall(
            iter([self.asking(271828, 314159)]), metadata=metadata, timeout=PATIENCE)
        assert [len(response.payload.body) for response in stream] == [314159]
        for call in (unary, stream):
            assert INITIAL in call.initial_metadata()
            assert TRAILING in call.trailing_metadata()

    # -- streams

    def client_streaming(self):
        requests = (self.pb.StreamingInputCallRequest(payload=self.payload(n)) for n in REQUESTS)
        response = self.stub.StreamingInputCall(requests, timeout=PATIENCE)
        assert response.aggregated_payload_size == 74922

    def server_streaming(self):
        parameters = [self.pb.ResponseParameters(size=size) for size in RESPONSES]
        responses = self.stub.StreamingOutputCall(
            self.pb.StreamingOutputCallRequest(response_parameters=parameters), timeout=PATIENCE)
        assert [r.payload for r in responses] == [self.payload(size) for size in RESPONSES]

    def ping_pong(self):
        received, pings = [], Pings()
        responses = self.stub.FullDuplexCall(pings, timeout=PATIENCE)
        for sizes in zip(REQUESTS, RESPONSES):
            pings.send(self.asking(*sizes))
            received.append(next(responses).payload)
        pings.end()
        assert received == [self.payload(size) for size in RESPONSES]
        assert list(responses) == []

    def empty_stream(self):
        assert list(self.stub.FullDuplexCall(iter([]), timeout=PATIENCE)) == []

    # -- compression

    def client_compressed_unary(self):
        expecting = self.large(expect_compressed=self.pb.BoolValue(value=True))
        self.fails("INVALID_ARGUMENT", lambda: self.stub.UnaryCall(expecting, timeout=PATIENCE))
        plain = self.large(expect_compressed=self.pb.BoolValue(value=False))
        for request, compression in ((expecting, grpc.Compression.Gzip), (plain, None)):
            response = self.stub.UnaryCall(request, compression=compression, timeout=PATIENCE)
            assert response.payload == self.payload(314159)

    def client_compressed_streaming(self):
        expecting = self.pb.StreamingInputCallRequest(
            expect_compressed=self.pb.BoolValue(value=True), payload=self.payload(27182))
        # grpcio cannot leave single requests uncompressed, so the probe is a call without compression.
        self.fails("INVALID_ARGUMENT", lambda: self.stub.StreamingInputCall(
            iter([expecting]), timeout=PATIENCE))
        other = self.pb.StreamingInputCallRequest(
            expect_compressed=self.pb.BoolValue(value=False), payload=self.payload(45904))
        response = self.stub.StreamingInputCall(
            iter([expecting, other]), compression=grpc.Compression.Gzip, timeout=PATIENCE)
        assert response.aggregated_payload_size == 73086

    def server_compressed_unary(self):
        for compressed in (True, False):
            response = self.stub.UnaryCall(
                self.large(response_compressed=self.pb.BoolValue(value=compressed)),
                timeout=PATIENCE)
            assert response.payload == self.payload(314159)

    def server_compressed_streaming(self):
        sizes = [(31415, True), (92653, False)]
        responses = self.stub.StreamingOutputCall(self.pb.StreamingOutputCallRequest(
            response_parameters=[
                self.pb.ResponseParameters(size=n, compressed=self.pb.BoolValue(value=compressed))
                for n, compressed in sizes]), timeout=PATIENCE)
        assert [r.payload for r in responses] == [self.payload(size) for size, _ in sizes]

    # -- endings

    def fails(self, code, call):
        try:
            call()
        except grpc.RpcError as error:
            assert error.code().name == code, (error.code(), error.details())
            return error.details()
        raise AssertionError(f"the call ended with OK, not with {code}")

    def status_code_and_message(self):
        status = self.pb.EchoStatus(code=2, message="test status message")
        unary = self.pb.SimpleRequest(response_status=status)
        stream = self.pb.StreamingOutputCallRequest(response_status=status)
        for call in (
            lambda: self.stub.UnaryCall(unary, timeout=PATIENCE),
            lambda: list(self.stub.FullDuplexCall(iter([stream]), timeout=PATIENCE)),
        ):
            assert self.fails("UNKNOWN", call) == status.message

    def special_status_message(self):
        status = self.pb.EchoStatus(code=2, message=SPECIAL)
        request = self.pb.SimpleRequest(response_status=status)
        call = lambda: self.stub.UnaryCall(request, timeout=PATIENCE)  # noqa: E731
        assert self.fails("UNKNOWN", call) == SPECIAL

    def unimplemented_method(self):
        self.fails("UNIMPLEMENTED", lambda: self.stub.UnimplementedCall(
            self.pb.Empty(), timeout=PATIENCE))

    def unimplemented_service(self):
        self.fails("UNIMPLEMENTED", lambda: self.unimplemented.UnimplementedCall(
            self.pb.Empty(), timeout=PATIENCE))

    def cancel_after_begin(self):
        pings = Pings()
        call = self.stub.StreamingInputCall.future(pings, timeout=PATIENCE)
        call.cancel()
        pings.end()
        assert call.cancelled() and call.code() is grpc.StatusCode.CANCELLED

    def cancel_after_first_response(self):
        pings = Pings()
        call = self.stub.FullDuplexCall(pings, timeout=PATIENCE)
        pings.send(self.asking(27182, 31415))
        assert next(call).payload == self.payload(31415)
        call.cancel()
        self.fails("CANCELLED", lambda: next(call))
        pings.end()

    def timeout_on_sleeping_server(self):
        pings = Pings()
        call = self.stub.FullDuplexCall(pings, timeout=0.001)
        pings.send(self.pb.StreamingOutputCallRequest(payload=self.payload(27182)))
        self.fails("DEADLINE_EXCEEDED", lambda: next(call))
        pings.end()


class Pings:
    """Requests that are sent one by one; grpcio takes them from a thread of its own."""

    END = object()

    def __init__(self):
        self.queue = queue.SimpleQueue()

    def send(self, request):
        self.queue.put(request)

    def end(self):
        self.queue.put(self.END)

    def __iter__(self):
        return self

    def __next__(self):
        request = self.queue.get()
        if request is self.END:
            raise StopIteration
        return request
