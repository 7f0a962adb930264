"""Programs of the benchmarks in C++ over Debian's gRPC, built when they are first asked for."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = ROOT / ".build" / "benchmarks"
PROTOS = {"echo": "echo/v1/echo.proto", "test": "grpc/testing/test.proto"}


def program(name):
    """The path of `NAME.cc`, built. Throws what the compiler says."""
    source, built = HERE / f"{name}.cc", BUILT / name
    if built.exists() and built.stat().st_mtime > source.stat().st_mtime:
        return built
    sys.stderr.write(f"bench: building {name}\n")
    BUILT.mkdir(parents=True, exist_ok=True)
    generated = []
    for short, proto in PROTOS.items():
        # A folder of their own, because the library has files of the same names.
        run("protoc", f"-I{short}={ROOT / 'protos' / pathlib.Path(proto).parent}", "--cpp_out=.",
            "--grpc_out=.", f"--plugin=protoc-gen-grpc={shutil.which('grpc_cpp_plugin')}",
            f"{short}/{pathlib.Path(proto).name}")
        stem = f"{short}/{pathlib.Path(proto).stem}"
        generated += [f"{stem}.pb.cc", f"{stem}.grpc.pb.cc"]
    flags = run("pkg-config", "--cflags", "--libs", "grpc++", "protobuf").split()
    run("g++", "-O2", "-std=c++17", "-I.", str(source), *generated, "-o", name, *flags)
    return built


def run(*command):
    result = subprocess.run(command, cwd=BUILT, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"bench: {command[0]} failed; `tools/setup bench` installs what it "
                         f"needs:\n{result.stderr[-4000:]}")
    return result.stdout
