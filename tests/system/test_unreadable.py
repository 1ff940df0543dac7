"""State and data folders that somebody else owns, or that cannot be written: said with path and reason, and left alone."""

import os
import shutil
import subprocess

import pytest
from hosting import machine_id

FILES = 5
NOBODY = 65534
is_root = os.geteuid() == 0


@pytest.fixture
def as_nobody(tmp_path):
    """as_nobody(PROGRAM, ARGUMENT...): runs a copy of the program as a user who owns nothing here."""
    if not is_root or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user")
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_mode & 0o005 != 0o005 and len(folder.parts) > 2:
            folder.chmod(0o755)

    def run_it(program, *args):
        copy = tmp_path / program.name
        if not copy.exists():
            shutil.copy(program, copy)
            copy.chmod(0o755)
        return subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", str(copy), *map(str, args)],
            capture_output=True, text=True, cwd="/", timeout=60, check=False,
            env={"PATH": os.environ["PATH"], "NO_COLOR": "1"})

    return run_it


def contents(folder):
    return {path: (path.stat().st_mode, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}


@pytest.fixture
def state(build, run, tmp_path, desk):
    """A machine's state folder that root alone can read."""
    folder = tmp_path / "state"
    run(build / "src/programs/aval", "--state", folder, "product", "install", desk.product, "--vendor-key", desk.key)
    folder.chmod(0o700)
    return folder


@pytest.mark.parametrize("command", ["status", "activate", "renew", "host show", "host set kms.uni.example", "key show",
                                     "product list"])
def test_a_state_folder_that_cannot_be_read_is_said_and_left_alone(build, state, as_nobody, command):
    before = contents(state)
    done = as_nobody(build / "src/programs/aval", "--state", state, *command.split())
    assert done.returncode == FILES, done.stdout + done.stderr
    assert "(file-read)" in done.stderr or "(file-write)" in done.stderr
    assert "Permission denied" in done.stderr and str(state) in done.stderr
    assert contents(state) == before


@pytest.mark.parametrize("command", [["activate"], ["host", "set", "kms.uni.example"]])
def test_a_state_folder_that_cannot_be_written_is_said(build, state, as_nobody, command):
    for path in [state, *state.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = contents(state)
    done = as_nobody(build / "src/programs/aval", "--state", state, *command)
    assert done.returncode == FILES, done.stdout + done.stderr
    assert "Permission denied" in done.stderr
    assert contents(state) == before


@pytest.mark.parametrize("command", [["serve", "--port", 0], ["import", "/dev/null"], ["init", "--name", "kms.example"]])
def test_a_data_folder_that_cannot_be_read_is_said_and_left_alone(licensed, as_nobody, command):
    assert licensed.activate(machine_id(1))[0] == 200
    licensed.stop()
    before = contents(licensed.data)
    done = as_nobody(licensed.avald_program, *command, "--data", licensed.data)
    assert done.returncode == FILES, done.stdout + done.stderr
    assert "Permission denied" in done.stderr and str(licensed.data) in done.stderr
    assert contents(licensed.data) == before


def test_a_desk_that_cannot_be_read_is_said(desk, as_nobody):
    desk.path.chmod(0o700)
    done = as_nobody(desk.program, "licenses", "--desk", desk.path)
    assert done.returncode == FILES, done.stdout + done.stderr
    assert "Permission denied" in done.stderr
