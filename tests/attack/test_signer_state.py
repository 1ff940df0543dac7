"""What the signer keeps of what it signed is emptied, replaced or removed, while the database has leaves. A signer that
went on from it could sign another tree in the place of one that it has signed: it is refused by name, with the command
that helps, and that command does help.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest
from world import log_of

VENDOR = "acme.example"
CONFLICT = 6


def remove(state, _):
    state.unlink()


def empty(state, _):
    state.write_bytes(b"")


def cut(state, _):
    state.write_bytes(state.read_bytes()[:-1])


def spoil(state, _):
    state.write_bytes(state.read_bytes().replace(b"size ", b"size 1"))


def put_back(state, old):
    shutil.copy(old / state.name, state)


class Scene:
    """A host that has granted a lease, was copied, and has granted it anew; the vendor has audited all of it."""

    def __init__(self, world):
        self.world, self.desk = world, world.make_vendor()
        self.host, self.machines = world.make_host(self.desk), 0
        self.control = world.build / "src" / "programs" / "avalctl"
        world.make_machine(self.desk, "machine", world.serve(self.host))
        world.aval("machine", "activate")
        self.stop()
        self.old = world.home / "old"
        shutil.copytree(self.host / "signer", self.old)
        self.serve_and_renew()
        assert self.audit()["verdict"] == "clean"
        self.stop()

    def stop(self):
        process = self.world.processes.pop()
        process.terminate()
        assert process.wait(timeout=30) == 0

    def serve_and_renew(self):
        address = self.world.serve(self.host)
        self.world.aval("machine", "host", "set", address)
        self.world.aval("machine", "renew", "--force")
        self.activate_another(address)
        assert json.loads(self.world.aval("machine", "evidence", "--json").stdout) == []

    def activate_another(self, address):
        """A leaf in any case: the lease of a machine that has just renewed may be given again."""
        self.machines += 1
        self.world.make_machine(self.desk, f"machine-{self.machines}", address)
        return self.world.run_any(self.world.program, "--state", self.world.home / f"machine-{self.machines}", "activate")

    def state(self):
        """The newest epoch's file."""
        return max((self.host / "signer").glob("*.state"), key=lambda path: (path.name.count("+"), path.name))

    def audit(self):
        export = self.world.home / "export"
        export.unlink(missing_ok=True)
        self.world.run(self.control, "ledger", "export", "--output", export, "--data", self.host)
        return json.loads(self.world.run(self.world.vendor, "audit", export, "--desk", self.desk, "--json").stdout)

    def is_refused(self):
        """Says so at the start; returns the command that it names."""
        for _ in range(2):
            said = self.world.run(self.world.avald, "serve", "--data", self.host, "--port", "0", expect=CONFLICT,
                                  timeout=30).stderr
            assert "(signer-state)" in said
        return re.search(r"the command is `avald (.*)`", said)[1].split()

    def goes_on_after(self, command):
        said = self.world.run(self.world.avald, *command, "--data", self.host)
        assert "began the ledger" in said.stdout
        self.serve_and_renew()
        assert self.audit()["verdict"] == "clean", "nobody is accused"
        self.world.aval("machine", "release")


@pytest.fixture
def scene(world):
    return Scene(world)


@pytest.mark.parametrize("damage", [remove, empty, cut, spoil, put_back])
def test_a_signer_that_lost_its_memory_signs_nothing_and_the_way_out_is_named(scene, damage):
    damage(scene.state(), scene.old)
    command = scene.is_refused()
    assert command == ["recover", "--vendor", VENDOR, "--yes"]
    said = scene.world.run(scene.world.avald, *command[:-1], "--data", scene.host, expect=2)
    assert "what the signer keeps" in said.stdout and "0 were signed" not in said.stdout
    scene.goes_on_after(command)


def test_a_later_epochs_state_that_is_gone_does_not_lead_back_to_the_epoch_before(scene):
    scene.state().unlink()
    scene.world.run(scene.world.avald, *scene.is_refused(), "--data", scene.host)
    scene.serve_and_renew()
    scene.stop()
    ended = scene.state()
    ended.unlink()
    command = scene.is_refused()
    scene.goes_on_after(command)
    exported = (scene.world.home / "export").read_text(errors="replace")
    assert f"\nprevious kms.uni.example/acme.example/epoch-{ended.name.split('+')[1].split('.')[0]}\n" in exported


def child_of(process):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(") ")[2].split()[1]) == process.pid:
                return int(stat.parent.name)
    raise AssertionError("it has no child")


@pytest.mark.parametrize("damage", [remove, empty])
def test_a_signer_that_is_started_again_without_its_memory_is_named_in_status_and_log(scene, damage):
    """The first batch after its end starts it anew."""
    scene.serve_and_renew()
    damage(scene.state(), scene.old)
    os.kill(child_of(scene.world.processes[-1]), signal.SIGKILL)
    assert scene.activate_another(f"127.0.0.1:{(scene.host / 'port').read_text().strip()}") != 0
    for _ in range(600):
        status = json.loads(scene.world.run(scene.control, "status", "--data", scene.host, "--json").stdout)
        if status.get("trouble") == "signer-state":
            break
        time.sleep(0.05)
    assert status["trouble"] == "signer-state"
    shown = scene.world.run(scene.control, "status", "--data", scene.host).stdout
    assert "signer-state" in shown
    log = log_of(scene.host, "event=trouble-began", "signer-state")
    began = next(line for line in log.splitlines() if "event=trouble-began" in line and "signer-state" in line)
    assert f"avald recover --vendor {VENDOR} --yes" in began
    assert status["ledgers"][0]["command"] == f"avald recover --vendor {VENDOR} --yes"
