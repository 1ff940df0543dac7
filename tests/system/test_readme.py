"""The README's tour, run as it stands: every sh block, in order, in one shell, in an empty folder. A reader comes to it in
one of two ways, after `make install` or straight from the build folder, and has nothing but what the README gives him."""

import contextlib
import os
import random
import socket
import subprocess

import pytest
import readme


def free_port():
    """Below those that the system hands out by itself, where another test's connection may take it before the tour does."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket(socket.AF_INET6) as probe, contextlib.suppress(OSError):
            probe.bind(("::", port))
            return port
    raise AssertionError("no port is free")


def take_the_tour(folder, before, path=""):
    """Runs it from the folder, with the line before it; what the system's own PATH has may be preceded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AVAL")}
    environment |= {"PATH": path + os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "AVAL_DOMAINS": ""}
    done = subprocess.run(["bash", "-m", "-c", readme.tour(before, free_port())], cwd=folder, env=environment,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "licensed" in done.stdout


@pytest.fixture
def tree(build, tmp_path):
    """A folder in which the build folder lies where `make` has it."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build/release").symlink_to(build)
    return tmp_path


def test_the_tour_works_from_the_build_folder_after_the_line_that_is_given(tree):
    take_the_tour(tree, readme.line_for_the_build_folder())
    assert [path.name for path in tree.iterdir() if not path.name.startswith("tmp")] == ["build"], "the tree was written into"


def test_that_line_finds_every_program_in_the_build_folder(tree):
    script = readme.line_for_the_build_folder() + "; command -v aval avalctl avald aval-vendor"
    done = subprocess.run(["bash", "-c", script], cwd=tree, env={"PATH": os.defpath, "TMPDIR": str(tree)}, check=True,
                          capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 4
    assert all(path.startswith(f"{tree}/build/release/") for path in done.stdout.splitlines())


def test_the_tour_works_when_everything_is_installed(installed, tmp_path):
    take_the_tour(tmp_path, "", f"{installed}/sbin:{installed}/bin:")


def test_the_tour_works_for_an_ordinary_user_after_the_line_that_is_given(installed, tmp_path):
    line = readme.line_for_ordinary_users()
    assert line.count("/usr/local") == 1
    take_the_tour(tmp_path, line.replace("/usr/local", str(installed)), f"{installed}/bin:")


def test_the_commands_that_make_fresh_runs_are_the_ones_shown():
    assert readme.make_commands() == ["make demo", "make check", "make install PREFIX=/usr/local"]
