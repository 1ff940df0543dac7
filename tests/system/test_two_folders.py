"""What root activates is so for the whole machine: whoever runs the product sees it, takes no seat and writes nothing.

Each program runs in a mount namespace of its own, in which /var/lib is a folder of the test."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

USER = 65534
FILES, NO_PRODUCT = 5, 2
INSIDE = 'mount --bind "$1" /var/lib && shift && exec "$@"'


def can_mount():
    return os.geteuid() == 0 and all(map(shutil.which, ("setpriv", "unshare"))) and subprocess.run(
        ["unshare", "--mount", "mount", "--bind", "/tmp", "/var/lib"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="only root can become another user and mount")


class Computer:
    """A machine with two users: root and somebody. aval(...) and somebody(...) run the command as one of them."""

    def __init__(self, build, run, folder, desk, host):
        self.run, self.desk, self.host = run, desk, host
        self.lib, self.home = folder / "lib", folder / "home"
        self.lib.mkdir(mode=0o755)
        self.home.mkdir()
        os.chown(self.home, USER, USER)
        self.program = folder / "aval"
        shutil.copy(build / "src/programs/aval", self.program)
        self.state = self.lib / "aval"
        self.own = self.home / ".local/state/aval"
        self.product = folder / "readable.product"
        shutil.copy(desk.product, self.product)
        self.product.chmod(0o644)
        self.key = json.loads(desk.run("key", "--json").stdout)["keys"][0]["key"]

    def aval(self, *args, expect=0, user=()):
        done = self.run("unshare", "--mount", "sh", "-c", INSIDE, "sh", self.lib, *user, self.program, *args, expect=expect,
                        env={"HOME": str(self.home), "XDG_STATE_HOME": ""}, cwd="/")
        return done.stdout + done.stderr

    def somebody(self, *args, expect=0):
        return self.aval(*args, expect=expect,
                         user=("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"))

    def set_up(self, aval):
        aval("product", "install", self.product, "--vendor-key", self.desk.key)
        aval("key", "install", self.key)
        aval("host", "set", f"127.0.0.1:{self.host.port}")


def contents(folder):
    return {path: (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def open_folder():
    """One that everybody may look into. Those of pytest are root's alone, whatever a test says: each pytest that starts
    closes them again."""
    with tempfile.TemporaryDirectory(prefix="aval-two-folders-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def computer(build, run, open_folder, desk, licensed):
    return Computer(build, run, open_folder, desk, licensed)


@pytest.fixture
def activated(computer):
    computer.set_up(computer.aval)
    computer.aval("activate")
    return computer


def test_what_root_activates_everybody_sees_and_nobody_else_takes_a_seat(activated):
    mine = json.loads(activated.aval("status", "--json"))
    before = contents(activated.state)
    seen = json.loads(activated.somebody("status", "--json"))
    assert seen["state"] == "licensed"
    assert {key: seen[key] for key in ("machine", "lease", "edition", "last")} == {
        key: mine[key] for key in ("machine", "lease", "edition", "last")}
    assert "licensed" in activated.somebody("product", "list")
    assert activated.key[-5:] in activated.somebody("key", "show")
    assert f"127.0.0.1:{activated.host.port}" in activated.somebody("status", "-v")
    activated.somebody("evidence")
    assert contents(activated.state) == before and not any(activated.home.iterdir())


def test_what_a_product_does_at_each_start_needs_no_rights(activated):
    before = contents(activated.state)
    activated.somebody("product", "install", activated.product, "--vendor-key", activated.desk.key)
    activated.somebody("key", "install", activated.key)
    assert "not due" in activated.somebody("renew")
    assert contents(activated.state) == before and not any(activated.home.iterdir())


@pytest.mark.parametrize("command", [["activate"], ["renew", "--force"], ["release"], ["key", "remove", "KEY"]])
def test_only_root_changes_what_is_the_machines(activated, command):
    before, known = contents(activated.state), activated.host.json("machines")["machines"]
    command = [activated.key[-5:] if word == "KEY" else word for word in command]
    said = activated.somebody(*command, expect=FILES)
    assert "state-of-system" in said and "run the command as root" in said and "/var/lib/aval" in said
    assert contents(activated.state) == before and not any(activated.home.iterdir())
    assert activated.host.json("machines")["machines"] == known


def test_the_secrets_are_roots_alone(activated):
    assert activated.state.stat().st_mode & 0o777 == 0o755
    assert (activated.state / "secret").stat().st_mode & 0o777 == 0o700
    secret = (activated.state / "secret" / "acme.example").read_text().strip().split("+", 4)[4]
    for path in activated.state.rglob("*"):
        if path.relative_to(activated.state).parts[0] in ("secret", "lock"):  # who can open a lock can keep it
            continue
        assert path.stat().st_mode & 0o004, path
        assert path.is_dir() or secret not in path.read_text(), path


def test_what_root_gives_back_nobody_has_any_more(activated):
    activated.aval("release")
    before = contents(activated.state)
    assert json.loads(activated.somebody("status", "--json"))["code"] == "no-lease"
    assert "state-of-system" in activated.somebody("activate", expect=FILES)
    assert contents(activated.state) == before and not any(activated.home.iterdir())


def test_a_users_own_folder_serves_what_the_systems_has_not(computer):
    computer.set_up(computer.somebody)
    computer.somebody("activate")
    assert json.loads(computer.somebody("status", "--json"))["state"] == "licensed"
    assert not computer.state.exists()
    assert computer.own.stat().st_mode & 0o777 == 0o700 and computer.own.stat().st_uid == USER
    computer.aval("status", expect=NO_PRODUCT)
    # and when root installs the product for all, that is what counts
    computer.set_up(computer.aval)
    computer.aval("activate")
    root = json.loads(computer.aval("status", "--json"))
    assert json.loads(computer.somebody("status", "--json"))["machine"] == root["machine"]


def test_products_of_both_folders_are_seen_and_told_apart(activated, open_folder):
    (open_folder / "viewer.ini").write_text("[product]\nid = viewer\ntitle = Viewer\ngrace = 1d\n\n[edition pro]\ntitle = Pro\n")
    activated.desk.run("product", open_folder / "viewer.ini", "--output", open_folder / "viewer.product")
    (open_folder / "viewer.product").chmod(0o644)
    activated.somebody("product", "install", open_folder / "viewer.product", "--vendor-key", activated.desk.key)
    listed = json.loads(activated.somebody("product", "list", "--json"))
    assert [(one["product"], one["state"]) for one in listed] == [("acme.example/studio", "licensed"),
                                                                 ("acme.example/viewer", "grace")]
    assert "2 products are installed" in activated.somebody("status", expect=NO_PRODUCT)
    assert json.loads(activated.somebody("--product", "acme.example/studio", "status", "--json"))["state"] == "licensed"
    assert json.loads(activated.somebody("--product", "acme.example/viewer", "status", "--json"))["state"] == "grace"
    assert json.loads(activated.aval("status", "--json"))["product"] == "acme.example/studio"


def test_a_system_folder_that_is_closed_is_none(activated):
    activated.state.chmod(0o700)
    assert "no-product" in activated.somebody("status", expect=NO_PRODUCT)
    activated.set_up(activated.somebody)
    activated.somebody("activate")


def test_a_folder_of_roots_that_is_named_is_read_as_well(activated):
    before = contents(activated.state)
    seen = json.loads(activated.somebody("--state", "/var/lib/aval", "status", "--json"))
    assert seen["state"] == "licensed"
    assert "not due" in activated.somebody("renew")
    assert "file-write" in activated.somebody("--state", "/var/lib/aval", "activate", expect=FILES)
    assert contents(activated.state) == before
