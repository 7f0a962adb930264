"""Callers of a deployment that has no replica hear why, where waiting would not help."""

import json
import pathlib
import time

from mesh import HERE, probe_app, wait_until
from probe_calls import ended, rewrite, stub
from work_app import DO, call, deployment, folder_of_mesh, up

FROM_ZERO = {
    "num_replicas": "auto",
    "autoscaling_config": {"min_replicas": 0, "max_replicas": 1, "downscale_to_zero_delay_s": 1},
}


def test_a_deployment_scaled_to_zero_by_hand_refuses_and_names_the_command(mesh):
    mesh.up(probe_app(mesh.folder), "--routers", "2")
    mesh.cli("scale", "probe=0")
    with mesh.channel() as channel:
        code, text, seconds = ended(stub(mesh, channel), timeout=20)
        assert (code, seconds < 2) == ("UNAVAILABLE", True), (code, text, seconds)
        assert "by hand" in text and "martlet scale probe=" in text
        mesh.cli("scale", "probe=1")
        assert ended(stub(mesh, channel))[0] == "OK"


def test_a_controller_that_restarts_keeps_saying_so(mesh):
    import os
    import signal

    mesh.up(probe_app(mesh.folder))
    mesh.cli("scale", "probe=0")
    os.kill(mesh.process("controller"), signal.SIGKILL)
    wait_until(lambda: mesh.status().routers, 20, "the controller is back")
    with mesh.channel() as channel:
        code, text, _ = ended(stub(mesh, channel), timeout=20)
        assert code == "UNAVAILABLE" and "martlet scale probe=" in text


def test_a_graph_says_so_too(stubs):
    import grpc
    from work.v1 import work_pb2, work_pb2_grpc

    with folder_of_mesh(stubs) as mesh:
        up(mesh, [deployment("a"), deployment("b")], {DO: {"sequence": [call("a"), call("b")]}})
        mesh.cli("scale", "b=0")
        with mesh.channel() as channel:
            try:
                work_pb2_grpc.WorkStub(channel).Do(work_pb2.Item(), timeout=20)
                raise AssertionError("it was answered")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE
                assert "martlet scale b=1" in error.details()


def test_a_program_that_cannot_start_from_zero_says_why_and_heals(mesh):
    flag = pathlib.Path(mesh.folder) / "broken"
    flag.touch()
    file = probe_app(mesh.folder, **FROM_ZERO)
    server = pathlib.Path(mesh.folder) / "server.py"
    server.write_text(
        "import os, sys\n"
        f"if os.path.exists({str(flag)!r}): sys.exit('no weights in /models/probe')\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "import probe_server\nprobe_server.main()\n")
    spec = json.loads(file.read_text())
    rewrite(file, command=[spec["deployments"][0]["command"][0], str(server)])
    mesh.up(file)
    results = at_once_cold(mesh)
    for code, text, seconds in results:
        assert code == "UNAVAILABLE" and seconds < 20, (code, text, seconds)
        assert "3 starts in a row failed" in text and "no weights in /models/probe" in text
    # As long as it fails, later calls do not wait either, also once a quiet time has passed.
    for _ in range(2):
        with mesh.channel() as channel:
            code, text, seconds = ended(stub(mesh, channel), timeout=20)
            assert code == "UNAVAILABLE" and seconds < 1 and "cannot start" in text
        time.sleep(1.5)
    flag.unlink()
    with mesh.channel() as channel:
        wait_until(lambda: ended(stub(mesh, channel))[0] == "OK", 30, "it is tried again")


def at_once_cold(mesh, count=3):
    import threading

    results = []
    with mesh.channel() as channel:
        probe = stub(mesh, channel)
        callers = [
            threading.Thread(target=lambda: results.append(ended(probe, timeout=60)))
            for _ in range(count)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    return results


def test_a_fixed_number_whose_program_is_gone_says_why(mesh):
    import os
    import signal

    flag = pathlib.Path(mesh.folder) / "broken"
    file = probe_app(mesh.folder)
    spec = json.loads(file.read_text())
    server = pathlib.Path(mesh.folder) / "server.py"
    server.write_text(
        "import os, sys\n"
        f"if os.path.exists({str(flag)!r}): sys.exit('the disk with the weights is gone')\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "import probe_server\nprobe_server.main()\n")
    rewrite(file, command=[spec["deployments"][0]["command"][0], str(server)])
    mesh.up(file)
    flag.touch()
    os.kill(mesh.replicas("probe")[0].pid, signal.SIGKILL)
    with mesh.channel() as channel:
        probe = stub(mesh, channel)
        wait_until(
            lambda: "the disk with the weights is gone" in str(ended(probe, timeout=60)[1]), 60,
            "callers hear why")
        flag.unlink()
        wait_until(lambda: ended(probe)[0] == "OK", 30, "it is tried again")
