"""Every way in which a composed request can fail while it runs: its code, and a message that says where."""

import json
import threading
import time

import grpc
import pytest

import work_app
from mesh import wait_until
from webclient import http1
from work_app import DO, call

MAX_MESSAGE = 4 << 20
OTHER, THIRD, FOURTH = (f"work.v1.Work/{name}" for name in ("Other", "Third", "Fourth"))
RETRY = {"attempts": 3, "backoff_s": 0.001}


def forever(body):
    """A loop that goes on for as long as `text` stays what it is."""
    return {"while": "text", "is": "again", "max": 1000, "do": body}


CASES = {
    "no_case": {"switch": {"on": "text", "cases": {"a": call("good")}}},
    "no_member": {"switch": {"on": "choice", "cases": {"word": call("good")}}},
    "no_note": {"switch": {"on": "has(note)", "cases": {"true": call("good")}}},
    "all_skipped": {
        "ensemble": [call("broken", on_error="skip"), call("broken", on_error="skip")],
        "combine": "merge"},
    "all_failed": {"ensemble": [call("broken"), call("broken")], "combine": "first"},
    "unlike": {"ensemble": [call("broken"), call("shaky")], "combine": "first"},
    "no_quorum": {
        "ensemble": [call("good"), call("broken"), call("broken")], "combine": "merge", "quorum": 2},
    "elements": {"for_each": "items", "do": call("good")},
    "calls": {"for_each": "items", "do": {"for_each": "items", "do": call("good")}},
    "rounds": {"repeat_until": "number", "is": "7", "max": 3, "do": call("good")},
    "mirrors": forever({**forever({"mirror": "good", "method": DO}), "on_error": "skip"}),
    "node_timeout": call("slow", timeout_s=0.1, name="judge"),
    "spins": forever({**forever({"map": {"text": "text", "payload": "payload"}, "as": "work.v1.Item"}),
                      "on_error": "skip"}),
    "answers": call("good"),
    "deadline": {"sequence": [call("good"), call("slow")]},
    "nonsense": {
        "sequence": [call("nonsense"), {"switch": {"on": "number", "cases": {"1": call("good")}}}]},
    "bad_text": {
        "sequence": [call("badtext"), {"switch": {"on": "text", "cases": {"a": call("good")}}}]},
    "large_answer": call("large"),
    "large_merge": {"ensemble": [call("big"), call("big")], "combine": "merge"},
    "fails": {"sequence": [call("good"), call("broken")]},
    "full": call("narrow"),
    "retries": {"sequence": [{"route": OTHER}], "retry": RETRY},
}
PLACE = f"{DO} at routes[0].graph.switch.cases."

# What is asked, the code, and what the message says.
FAILURES = {
    "no_case": ({"text": "x"}, "FAILED_PRECONDITION", 'no case for text = '),
    "no_member": ({"count": 3}, "FAILED_PRECONDITION", "no case for choice = count of work.v1.Item"),
    "no_member ": ({}, "FAILED_PRECONDITION", "no case for choice = nothing of work.v1.Item"),
    "no_note": ({}, "FAILED_PRECONDITION", "no case for has(note) = false of work.v1.Item"),
    "all_skipped": (
        {}, "DATA_LOSS",
        "every branch of the ensemble failed; the last one: DATA_LOSS: broken was told to fail"),
    "all_failed": ({}, "DATA_LOSS", "every branch of the ensemble failed; the last one: DATA_LOSS"),
    "unlike": ({}, "UNAVAILABLE", "every branch of the ensemble failed; the last one: "),
    "no_quorum": (
        {}, "DATA_LOSS",
        "2 of 3 branches failed, and the quorum is 2; the last one: broken was told to fail"),
    "elements": (
        {"items": 4097}, "RESOURCE_EXHAUSTED",
        "items has 4097 elements; a for_each runs on 4096 at most"),
    "calls": (
        {"items": 101, "each": 100}, "RESOURCE_EXHAUSTED", "the request needs more than 10000 calls"),
    "rounds": ({}, "RESOURCE_EXHAUSTED", "the loop has not ended within 3 rounds"),
    "mirrors": (
        {"text": "again"}, "RESOURCE_EXHAUSTED", "the request runs more than 100000 nodes"),
    "node_timeout": ({}, "DEADLINE_EXCEEDED", "(judge): no answer within 0.1 seconds"),
    "nonsense": (
        {}, "INTERNAL",
        f"nonsense answered {DO} with bytes that are not a work.v1.Item: "),
    "bad_text": (
        {}, "INTERNAL", f"badtext answered {DO} with bytes that are not a work.v1.Item: "),
    "large_answer": (
        {}, "RESOURCE_EXHAUSTED", "calling large: the answer has a message of "),
    "large_merge": (
        {}, "RESOURCE_EXHAUSTED", f"the answers have more than {MAX_MESSAGE} bytes together"),
}


@pytest.fixture(scope="module")
def work(stubs):
    with work_app.folder_of_mesh(stubs) as mesh:
        made = work_app.deployment
        work_app.up(mesh, [
            made("good"), made("broken", mesh.folder, status_code=15), made("slow", delay_s=20),
            made("nonsense", answer="ffffffff"), made("badtext", answer="1201ff"),
            made("large", payload_bytes=MAX_MESSAGE), made("big", payload_bytes=3 << 20),
            made("narrow", delay_s=20, options={"max_ongoing_requests": 1, "max_queued_requests": 2}),
            made("shaky", mesh.folder, status_code=14),
        ], {
            DO: work_app.by_kind(CASES), OTHER: {"sequence": [{"route": THIRD}], "retry": RETRY},
            THIRD: {"sequence": [{"route": FOURTH}], "retry": RETRY},
            FOURTH: call("shaky", retry=RETRY)})
        yield mesh


@pytest.fixture(scope="module")
def ask(work):
    """Asks by gRPC, bytes in and out: (code, message, trailers)."""
    with work.channel() as channel:
        do = channel.unary_unary(f"/{DO}")

        def ask(message, timeout=20):
            with pytest.raises(grpc.RpcError) as caught:
                do(message if isinstance(message, bytes) else message.SerializeToString(), timeout=timeout)
            error = caught.value
            return error.code().name, error.details(), dict(error.trailing_metadata() or ())

        yield ask


def item(kind, items=0, each=0, **fields):
    from work.v1 import work_pb2

    made = work_pb2.Item(kind=kind, **fields)
    for _ in range(items):
        element = made.items.add()
        for _ in range(each):
            element.items.add()
    return made


def post(work, body, *fields):
    """By JSON over HTTP/1.1: (status, code, message)."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = http1(
        work.address, "POST", f"/{DO}", [("content-type", "application/json"), *fields], body)
    error = json.loads(reply.body)
    return reply.status, error["code"].upper(), error.get("message", "")


@pytest.mark.parametrize("kind, fields, code, says", [
    (kind.strip(), *rest) for kind, rest in FAILURES.items()], ids=[key.strip() for key in FAILURES])
def test_a_failure_says_where(work, ask, kind, fields, code, says):
    from google.protobuf import json_format

    message = item(kind, **fields)
    found, details, _ = ask(message)
    assert found == code, details
    assert details.startswith(PLACE + kind) and says in details
    _, by_json, text = post(work, json_format.MessageToJson(message).encode())
    assert by_json == code
    assert text.startswith(PLACE + kind) and says in text


def test_a_status_of_a_deployment_comes_as_it_is(work, ask):
    assert ask(item("fails"))[:2] == ("DATA_LOSS", "broken was told to fail")
    assert post(work, {"kind": "fails"}) == (500, "DATA_LOSS", "broken was told to fail")


def test_a_deadline_says_what_it_waited_for(work, ask):
    assert ask(item("deadline"), timeout=0.2)[0] == "DEADLINE_EXCEEDED"
    status, code, message = post(work, {"kind": "deadline"}, ("connect-timeout-ms", "200"))
    assert (status, code) == (504, "DEADLINE_EXCEEDED")
    assert message.startswith(f"{PLACE}deadline.sequence[1]: ") and "slow" in message


def test_a_request_that_goes_round_and_round_holds_up_nobody(work, ask):
    began = time.monotonic()
    ends = []

    def spin():
        code, details, _ = ask(item("spins", text="again", payload=bytes(1 << 20)), timeout=1)
        ends.append((code, details, time.monotonic() - began))

    spinning = threading.Thread(target=spin)
    spinning.start()
    worst = 0
    with work.channel() as channel:
        do = channel.unary_unary(f"/{DO}")
        while spinning.is_alive():
            asked = time.monotonic()
            do(item("answers").SerializeToString(), timeout=10)
            worst = max(worst, time.monotonic() - asked)
    spinning.join()
    [(code, _, took)] = ends
    assert code == "DEADLINE_EXCEEDED"
    assert 0.9 < took < 1.5
    assert worst < 0.3, "others are served meanwhile"


# Bytes that are no work.v1.Item, where the graph reads one: field 1 is its kind.
@pytest.mark.parametrize("message", [b"\xff\xff\xff\xff", b"\x0a\x05abc", b"\x0a\x01\xff"],
                         ids=["no message", "cut off", "bad UTF-8"])
def test_a_request_that_is_no_message_is_the_clients_fault(ask, message):
    code, details, _ = ask(message)
    assert code == "INVALID_ARGUMENT"
    assert details.startswith(f"{DO} at routes[0].graph: the request is not a work.v1.Item: ")


@pytest.mark.parametrize("body, says", [
    (b'{"kind": "no_case", "items": ' + b'[{"items": ' * 150 + b"[]" + b"}]" * 150 + b"}", ""),
    (b'{"number": "many"}', "number"), (b'{"order": 3}', "order"),
    (b'{"txt": "a"}', "did you mean text?"), (b'{"text": "\xff"}', ""), (b'{"text": ', ""),
], ids=["too deep", "a number that is none", "a message that is none", "unknown field", "bad UTF-8",
        "cut off"])
def test_json_that_is_no_message(work, body, says):
    status, code, message = post(work, body)
    assert (status, code) == (400, "INVALID_ARGUMENT")
    assert "work.v1.Item" in message and says in message, message


def test_retries_in_retries_do_not_multiply(work, ask):
    """Four routes, each of which tries the next up to three times: 81 calls, were there no budget."""
    for count in range(1, 4):
        code, details, _ = ask(item("retries", text=f"round {count}"))
        assert (code, details) == ("UNAVAILABLE", "shaky was told to fail")
        calls = [r for r in work_app.records(work, "shaky")
                 if r["what"] == "began" and r["text"] == f"round {count}"]
        # The call and the three retries that a request always has (GraphLimits.leastRetries).
        assert len(calls) == 4


def test_a_full_queue(work, ask):
    ends = []
    waiting = [threading.Thread(target=lambda: ends.append(ask(item("full"), timeout=3)))
               for _ in range(3)]
    for thread in waiting:
        thread.start()
    try:
        wait_until(lambda: work.deployment("narrow").queued_requests == 2, 2.5, "two wait")
        began = time.monotonic()
        code, details, trailers = ask(item("full"))
        assert time.monotonic() - began < 0.5, "it is refused at once"
        assert (code, details) == (
            "RESOURCE_EXHAUSTED",
            f"{PLACE}full: calling narrow: the queue of narrow is full (max_queued_requests: 2)")
        assert int(trailers["grpc-retry-pushback-ms"]) > 0
        status, code, message = post(work, {"kind": "full"})
        assert (status, code, message) == (429, "RESOURCE_EXHAUSTED", details)
    finally:
        for thread in waiting:
            thread.join()
    assert {code for code, _, _ in ends} == {"DEADLINE_EXCEEDED"}
