"""What Ports.md shows is what happens."""

import re
import subprocess

import pytest

from mesh import BINARIES, ROOT

PAGE = (ROOT / "Sources/Martlet/Martlet.docc/Ports.md").read_text()
EXAMPLES = re.findall(r"^```\n((?:curl|printf) .*)\n((?:.*\n)+?)```$", PAGE, re.M)


def test_there_are_examples():
    assert len(EXAMPLES) == 5
    assert all(f"`{option}" in PAGE for option in ("--cors-origin", "--tls-cert", "--client-ca"))


@pytest.fixture
def documented(mesh):
    """The page's routes, on the echo app."""
    [routes] = re.findall(r"^```yaml\n(routes:\n(?:.*\n)+?)```$", PAGE, re.M)
    (mesh.folder / "app.yaml").write_text(f"""\
name: echo
protos: [{ROOT}/protos/echo/v1/echo.proto]
deployments:
  - name: echo
    command: [{BINARIES}/echo-app, replica, echo]
    resources: {{cpus: 0.1}}
{routes}""")
    mesh.up(mesh.folder / "app.yaml")
    mesh.wait_running("echo", 1)
    return mesh


def test_the_examples_do_what_they_say(documented):
    for command, shown in EXAMPLES:
        command = command.replace("localhost:8000", documented.address).replace("curl ", "curl -sS ")
        result = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=30, check=True)
        assert result.stdout.strip() == shown.strip(), command
