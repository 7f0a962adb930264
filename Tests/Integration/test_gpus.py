"""Which devices a replica sees, whatever the mesh itself was given."""

import os

import pytest

from mesh import probe_app


def environment_of(pid):
    with open(f"/proc/{pid}/environ", "rb") as file:
        words = file.read().decode().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def start(mesh, inherited, *arguments, **fields):
    """The CUDA_VISIBLE_DEVICES of each replica."""
    mesh.environment = lambda made=mesh.environment: {
        **made(), **({} if inherited is None else {"CUDA_VISIBLE_DEVICES": inherited})}
    mesh.up(probe_app(mesh.folder, **fields), *arguments)
    replicas = mesh.wait_running("probe", fields.get("num_replicas", 1))
    return [environment_of(replica.pid).get("CUDA_VISIBLE_DEVICES") for replica in replicas]


@pytest.mark.parametrize("inherited", [None, "0,1", "GPU-8932f937"])
def test_a_replica_without_gpus_sees_none(mesh, inherited):
    assert start(mesh, inherited) == [""]


@pytest.mark.parametrize("inherited, names", [
    ("4,6", ["4", "6"]),
    ("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6,GPU-1", ["GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "GPU-1"]),
    ("MIG-GPU-5c89852c/1/0, MIG-2,-1,7", ["MIG-GPU-5c89852c/1/0", "MIG-2"]),
])
def test_inherited_devices_are_what_there_is_to_share(mesh, inherited, names):
    given = start(mesh, inherited, num_replicas=2, resources={"cpus": 0.1, "gpus": 1})
    assert sorted(given) == sorted(names)
    assert mesh.status().machine.milli_gpus == 2000


def test_a_mesh_that_was_given_no_device_has_none(mesh):
    assert start(mesh, "") == [""]
    assert mesh.status().machine.milli_gpus == 0


def test_what_an_app_says_itself_holds(mesh):
    mesh.up(probe_app(mesh.folder, env={"CUDA_VISIBLE_DEVICES": "3", "PYTHONUNBUFFERED": ""}))
    environment = environment_of(mesh.wait_running("probe", 1)[0].pid)
    assert environment["CUDA_VISIBLE_DEVICES"] == "3" and environment["PYTHONUNBUFFERED"] == ""
    assert os.environ.get("MARTLET_REPLICA") is None
