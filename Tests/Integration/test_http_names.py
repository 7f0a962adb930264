"""Names that routes have for plain HTTP: `http: POST /analyze`."""

import json
import sys

import pytest

import web_app
from mesh import HERE
from webclient import ASKS

JSON = [("content-type", "application/json")]


@pytest.fixture(scope="module", params=["GET", "POST", "PUT", "PATCH", "DELETE"])
def named(stubs, request):
    """A mesh where the deployment has a name by one verb, and the graph by another at the same path."""
    other = "DELETE" if request.param == "GET" else "GET"
    with web_app.running(stubs, other=f"{other} /v1/probe", http=f"{request.param} /v1/probe") as mesh:
        mesh.verb, mesh.other = request.param, other
        yield mesh


def ask_by(ask, address, verb, path, fields, headers=()):
    if verb in ("GET", "DELETE"):
        query = "&".join(f"{name}={value}" for name, value in fields.items())
        return ask(address, verb, f"{path}?{query}", headers)
    return ask(address, verb, path, [*JSON, *headers], json.dumps(fields).encode())


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_a_name_calls_its_method(named, ask):
    fields = {"text": "hello", "sleepMs": 1}
    reply = ask_by(ask, named.address, named.verb, "/v1/probe", fields, [("x-trace", "7")])
    answer = json.loads(reply.body)
    assert (reply.status, reply.field("content-type")) == (200, "application/json")
    assert (answer["text"], answer["metadata"]["x-trace"]) == ("hello", "7")
    assert (reply.field("probe-initial"), reply.field("trailer-probe-trailing")) == ("yes", "yes")
    graph = ask_by(ask, named.address, named.other, "/v1/probe", {"text": "graph"})
    assert (graph.status, json.loads(graph.body)["text"]) == (200, "graph")
    assert graph.field("probe-initial") == "yes", "a graph's answer has the metadata of the call that gave it"


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_errors_of_a_name(named, ask):
    fields = {"text": "x", "statusCode": 5, "statusMessage": "nowhere"}
    reply = ask_by(ask, named.address, named.verb, "/v1/probe", fields)
    assert (reply.status, json.loads(reply.body)) == (404, {"code": "not_found", "message": "nowhere"})
    reply = ask_by(ask, named.address, named.verb, "/v1/probe", {"txt": "x"})
    assert reply.status == 400 and "did you mean text?" in json.loads(reply.body)["message"]


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_other_verbs_and_paths(named, ask):
    # HEAD is there wherever GET is; one of the two is.
    allowed = ", ".join(sorted([named.verb, named.other, "HEAD"]))
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - {named.verb, named.other}:
        reply = ask(named.address, verb, "/v1/probe", JSON)
        assert (reply.status, reply.field("allow")) == (405, allowed), verb
    for path in ("/v1/prob", "/v1/probe/", "/v1/probe/x", "/V1/probe", "/v1"):
        for verb in ("GET", "POST", "DELETE"):
            assert ask(named.address, verb, path, JSON).status == 404, (verb, path)
    # A method's own path is there to POST.
    reply = ask(named.address, "GET", "/v1.nothing/there", JSON)
    assert reply.status == 404


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_head_is_get_without_a_body(named, ask):
    got = ask(named.address, "GET", "/v1/probe?text=hello")
    head = ask(named.address, "HEAD", "/v1/probe?text=hello")
    assert (head.status, head.body, got.status) == (200, b"", 200)
    assert head.field("content-type") == got.field("content-type") == "application/json"
    assert int(head.field("content-length")) > 0
    assert ask(named.address, "HEAD", "/v1/probe?txt=hello").status == 400


def test_the_page_of_routes_shows_them(named):
    for ask in ASKS.values():
        routes = json.loads(ask(named.address, "GET", "/-/routes").body)
        assert routes[f"{named.verb} /v1/probe"] == routes[f"{named.other} /v1/probe"] == "web"
        assert routes["/probe.v1.Probe/Echo"] == "web"


def test_a_method_stays_where_it_was(named):
    reply = ASKS["http/1.1"](named.address, "POST", web_app.ECHO, JSON, b'{"text": "x"}')
    assert json.loads(reply.body)["text"] == "x"
    reply = ASKS["http/1.1"](named.address, "GET", web_app.ECHO)
    assert (reply.status, reply.field("allow")) == (405, "POST")


def test_bodies_are_json_and_queries_have_none(stubs):
    with web_app.running(stubs, other="GET /ask", http="POST /tell") as mesh:
        for ask in ASKS.values():
            proto = ask(mesh.address, "POST", "/tell", [("content-type", "application/proto")], b"\x12\x01x")
            assert (proto.status, proto.field("accept-post")) == (415, "application/json")
            form = ask(mesh.address, "POST", "/tell", [("origin", "https://evil.example")], b"{}")
            assert form.status == 415
            body = ask(mesh.address, "GET", "/ask?text=x", JSON, b"{}")
            assert body.status == 400 and "not a body" in json.loads(body.body)["message"]
            for query, text in {"text=%C3%A4+%26%3D": "ä &=", "text=": "", "": None, "&text=x&": "x",
                                "text=a%2Bb": "a+b", "payload=AP8%3D&text=y": "y"}.items():
                reply = ask(mesh.address, "GET", f"/ask?{query}")
                assert (reply.status, json.loads(reply.body).get("text")) == (200, text or None), query
            for query in ("text=%", "text=%zz", "text=%ff", "text=a&text=b", "text.x=1", "sleepMs=soon"):
                assert ask(mesh.address, "GET", f"/ask?{query}").status == 400, query


def problems(mesh, stubs, **fields):
    spec = web_app.app()
    spec["routes"][0].update(fields.pop("first", {}))
    spec["routes"][2].update(fields.pop("service", {}))
    spec["routes"][1].update(fields.pop("graph", {}))
    spec.update(fields)
    file = mesh.folder / "app.yaml"
    file.write_text(json.dumps(spec))
    result = mesh.cli("validate", file, check=False)
    return result.returncode, result.stderr


@pytest.mark.parametrize("fields, told", [
    ({"first": {"http": "post /x"}}, "expected a verb and a path such as POST /analyze"),
    ({"first": {"http": "HEAD /x"}}, "expected a verb and a path"),
    ({"first": {"http": "POST x"}}, "begins with /"),
    ({"first": {"http": "POST /x/"}}, "none at its end"),
    ({"first": {"http": "POST //x"}}, "between its slashes"),
    ({"first": {"http": "POST /x/{id}"}}, "templates and wildcards"),
    ({"first": {"http": "POST /x?y"}}, "a path is letters"),
    ({"first": {"http": "POST /a/../b"}}, "a path is letters"),
    ({"first": {"http": "GET /-/routes"}}, "under /-/"),
    ({"first": {"http": "POST /a.v1.B/C"}}, "looks like a gRPC method"),
    ({"first": {"http": "POST /x"}, "graph": {"http": "POST /x"}}, "has a route already, routes[0]"),
    ({"service": {"http": "POST /x"}}, "write a route with method for it"),
    ({"first": {"http": "POST /x"}, "protos": []}, "name the descriptor set in protos"),
    ({"first": {"method": "stream.v1.Stream/Expand", "deployment": "stream", "http": "GET /x"}},
     "is a streaming method"),
])
def test_what_cannot_be_a_name_is_told(mesh, stubs, fields, told):
    code, text = problems(mesh, stubs, **fields)
    assert code == 78 and told in text, text


def test_two_verbs_may_share_a_path(mesh, stubs):
    code, text = problems(mesh, stubs, first={"http": "POST /x"}, graph={"http": "GET /x"})
    assert code == 0, text


def test_of_two_apps_the_first_has_a_name(mesh):
    """As with methods."""
    def app(name):
        return {
            "name": name, "protos": [str(HERE / "protos/probe/v1/probe.proto")],
            "deployments": [{
                "name": name, "command": [sys.executable, str(HERE / "probe_server.py")],
                "services": ["probe.v1.Probe"], "resources": {"cpus": 0.1},
                "user_config": {"version": name}}],
            "routes": [{"method": "probe.v1.Probe/Echo", "deployment": name, "http": "GET /shared"}]}

    for name in ("alpha", "beta"):
        (mesh.folder / f"{name}.yaml").write_text(json.dumps(app(name)))
    mesh.up(mesh.folder / "alpha.yaml")
    mesh.cli("deploy", mesh.folder / "beta.yaml")
    reply = ASKS["http/1.1"](mesh.address, "GET", "/shared?text=x")
    assert json.loads(reply.body)["version"] == "alpha"
    assert json.loads(ASKS["http/1.1"](mesh.address, "GET", "/-/routes").body)["GET /shared"] == "alpha"
