"""File systems that have no locks or no rights (NFS without lockd, SMB, FUSE): what works there, and a clear word where nothing can."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from hosting import Machine

SOURCE = Path(__file__).resolve().parent.parent / "support" / "no_modes.c"

pytestmark = pytest.mark.skipif(os.environ.get("AVAL_STEP", "unit") != "unit", reason="a library is preloaded")


@pytest.fixture
def poor(tmp_path):
    """poor(MODE): the environment of programs for which the machine's folder lies on such a file system."""
    library = tmp_path / "no_modes.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, SOURCE, "-ldl"], check=True)

    def do(mode):
        return {"LD_PRELOAD": str(library), "NO_MODES": str(tmp_path / "machine"), "FLAT_MODE": mode}

    return do


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    made = Machine.__new__(Machine)
    made.program, made.run, made.folder, made.host, made.desk = build / "src/programs/aval", run, tmp_path / "machine", licensed, desk
    return made


def set_up(machine, environment):
    key = json.loads(machine.desk.run("key", "--json").stdout)["keys"][0]["key"]
    machine.aval("product", "install", machine.desk.product, "--vendor-key", machine.desk.key_file, env=environment)
    machine.aval("key", "install", key, env=environment)
    machine.aval("host", "set", f"127.0.0.1:{machine.host.port}", env=environment)


def test_without_locks_and_rights_a_machine_is_activated_where_its_owner_alone_may_look(machine, poor):
    environment = poor("700")
    set_up(machine, environment)
    machine.aval("activate", env=environment)
    assert machine.status()["state"] == "licensed"
    assert not list(machine.folder.glob("lock.held*")), "what stood for the lock is gone"
    machine.aval("release", env=environment)


def test_where_everybody_may_look_no_secret_is_written_and_the_way_out_is_named(machine, poor):
    environment = poor("777")
    said = machine.aval("product", "install", machine.desk.product, "--vendor-key", machine.desk.key_file, "--json", env=environment,
                        expect=5)
    failure = json.loads(said.stdout)
    assert failure["code"] == "file-modes" and "umask=077" in failure["message"]
    assert not list(machine.folder.glob("secret/*"))


def test_what_somebody_who_was_killed_left_of_a_lock_is_waited_for_and_then_taken(machine, poor):
    environment = poor("700")
    set_up(machine, environment)
    held = machine.folder / "lock.held"
    held.write_text("")
    failure = json.loads(machine.aval("host", "set", "kms.example", "--json", env=environment, expect=6).stdout)
    assert failure["code"] == "locked" and "lock.held" in failure["message"]
    old = time.time() - 120
    os.utime(held, (old, old))
    machine.aval("host", "set", "kms.example", env=environment)
    assert not held.exists()
