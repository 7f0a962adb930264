"""A client that gRPC's C++ library makes, as Debian has it, calls a Swift deployment."""

import shutil
import subprocess

import pytest

from mesh import HERE, ROOT
from test_interop import MARTLET_SERVER, routed, server

CASES = """
    empty_unary large_unary compressed_unary ping_pong cancel_after_first_response
    status_code_and_message timeout_on_sleeping_server
""".split()


def missing():
    """What building needs and is not here; nothing when all is."""
    programs = [name for name in ("g++", "protoc", "grpc_cpp_plugin", "pkg-config")
                if not shutil.which(name)]
    if programs:
        return " ".join(programs)
    found = subprocess.run(["pkg-config", "--exists", "grpc++", "protobuf"])
    return "" if found.returncode == 0 else "libgrpc++-dev"


pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The program, built from stubs of its own."""
    folder = tmp_path_factory.mktemp("cpp")

    def run(*command):
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr[-4000:]
        return result.stdout

    plugin = shutil.which("grpc_cpp_plugin")
    run("protoc", f"-Iinterop={ROOT}/protos/grpc/testing", "--cpp_out=.", "--grpc_out=.",
        f"--plugin=protoc-gen-grpc={plugin}", "interop/test.proto")
    flags = run("pkg-config", "--cflags", "--libs", "grpc++", "protobuf").split()
    run("g++", "-std=c++17", "-I.", str(HERE / "cpp/client.cc"), "interop/test.pb.cc",
        "interop/test.grpc.pb.cc", "-o", "client", *flags)
    return folder / "client"


@pytest.mark.parametrize("way", [server, routed], ids=["direct", "routed"])
def test_cpp_calls(client, stubs, way):
    with way(MARTLET_SERVER, stubs) as address:
        result = subprocess.run([str(client), address], capture_output=True, text=True, timeout=120)
    lines = [f"ok {case}" for case in CASES]
    assert (result.returncode, result.stdout.splitlines()) == (0, lines), result.stderr
