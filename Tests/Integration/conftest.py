"""Shared fixtures: stubs that protoc makes once, and meshes that never outlive their test."""

import pathlib
import sys
import tempfile

import pytest
from grpc_tools import protoc

import mesh as meshes

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def stubs(tmp_path_factory):
    """A folder with Python stubs of every proto that the tests speak, on the path."""
    out = tmp_path_factory.mktemp("stubs")
    roots = [meshes.ROOT / "protos", HERE / "protos"]
    # grpcio and its companions have the stubs of gRPC's own protos.
    protos = [str(path) for root in roots for path in root.rglob("*.proto")]
    files = [path for path in protos if "protos/grpc/" not in path]
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{include}", *(f"-I{root}" for root in roots)]
    assert protoc.main([*arguments, f"--python_out={out}", f"--grpc_python_out={out}", *files]) == 0
    # Python has a package `grpc` already, so `grpc.testing` is `interop` to these tests.
    arguments = ["protoc", f"-Iinterop={meshes.ROOT}/protos/grpc/testing"]
    outputs = [f"--python_out={out}", f"--grpc_python_out={out}", "interop/test.proto"]
    assert protoc.main([*arguments, *outputs]) == 0
    sys.path.insert(0, str(out))
    return out


@pytest.fixture
def mesh(stubs):
    """A mesh that is not up yet; whatever it started is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:  # short: it holds unix sockets
        made = meshes.Mesh(folder, stubs)
        yield made
        check_gone(made)


def check_gone(made):
    left = made.down()
    assert not left, f"`down` left processes: {left}{made.logs()}"
    sockets = [p for p in made.run_dir.rglob("*") if p.is_socket()] if made.run_dir.exists() else []
    assert not sockets, f"`down` left sockets: {sockets}"
