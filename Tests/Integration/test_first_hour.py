"""What a new user meets first: the version, and words that are nearly right."""

import subprocess

import pytest

from mesh import MARTLET


def martlet(*arguments):
    return subprocess.run([MARTLET, *arguments], capture_output=True, text=True, timeout=30)


def test_the_version_is_told():
    result = martlet("--version")
    assert result.returncode == 0
    name, version = result.stdout.split()
    assert name == "martlet"
    assert all(part.isdigit() for part in version.split("."))


@pytest.mark.parametrize("word, meant", [("stauts", "status"), ("deplyo", "deploy"), ("dwon", "down")])
def test_an_unknown_subcommand_is_named_with_the_nearest(word, meant):
    result = martlet(word)
    assert result.returncode == 64
    assert f"unknown subcommand '{word}'; did you mean {meant}?" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_subcommand_without_a_near_one_points_to_the_help():
    result = martlet("frobnicate", "--all")
    assert result.returncode == 64
    assert "unknown subcommand 'frobnicate'" in result.stderr
    assert "martlet --help" in result.stderr
