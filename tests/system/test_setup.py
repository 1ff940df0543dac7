"""scripts/setup: what it asks for, what it says, and that it leaves the network alone where nothing is missing.

It runs with a PATH of the test's own making, in which some commands are missing and apt-get and sudo write down what they
are asked for. What scripts/fresh is made of is tried in test_fresh.py."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APT = "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends"
TOOLS = ["sh", "pkg-config", "gcc", "ninja", "id", "cat", "tail", "rm", "mktemp", "env", "install", "scdoc"]


class Box:
    """A PATH, and the commands that were run of those that change the system."""

    def __init__(self, folder):
        self.bin, self.asked, self.release = folder / "bin", folder / "asked", folder / "os-release"
        self.bin.mkdir()
        self.sbin = folder / "sbin"
        self.release.write_text("ID=debian\n")
        for tool in TOOLS:
            found = shutil.which(tool)
            if found is None:
                pytest.skip(f"{tool} is not here")
            (self.bin / tool).symlink_to(found)
        self.script("apt-get", f'echo "apt-get $*" >> {self.asked}')
        self.user(0)

    def script(self, name, text):
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def user(self, number):
        self.script("id", f"echo {number}")

    def without(self, name):
        (self.bin / name).unlink()

    def setup(self, want, expect):
        done = subprocess.run([str(ROOT / "scripts/setup"), want], capture_output=True, text=True, check=False, timeout=60,
                              input="somebody at the keyboard\n",
                              env={"PATH": str(self.bin), "AVAL_OS_RELEASE": str(self.release),
                                   "TMPDIR": str(self.bin.parent), "AVAL_POLICY": str(self.bin.parent / "policy-rc.d"),
                                   "AVAL_SBIN": str(self.sbin), "PKG_CONFIG_PATH": os.environ.get("PKG_CONFIG_PATH", "")})
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def did(self):
        return self.asked.read_text().splitlines() if self.asked.exists() else []


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


def test_where_all_is_there_it_says_and_asks_nothing(box):
    assert box.setup("build", 0) == ""
    assert box.did() == []


def test_what_is_missing_is_installed_by_name_as_root(box):
    box.without("scdoc")
    assert "installing scdoc" in box.setup("build", 0)
    assert box.did() == ["apt-get update -qq", f"{APT} scdoc"]


def test_what_is_missing_is_installed_by_sudo_otherwise(box):
    box.without("scdoc")
    box.user(1000)
    box.script("sudo", f'[ "$1" = -n ] && exit 0\necho "sudo $*" >> {box.asked}')
    box.setup("build", 0)
    assert box.did() == ["sudo apt-get update -qq", f"sudo env DEBIAN_FRONTEND=noninteractive {APT} scdoc"]


def test_without_the_right_the_list_is_printed_and_it_fails(box):
    box.without("scdoc")
    box.user(1000)
    assert "apt-get install -y --no-install-recommends scdoc" in box.setup("build", 1)
    assert box.did() == []


def test_on_another_system_the_list_is_printed_and_it_fails(box):
    box.without("scdoc")
    box.release.write_text("ID=fedora\n")
    said = box.setup("build", 1)
    assert "scdoc" in said and "not Debian" in said
    assert box.did() == []


def test_a_daemon_is_found_where_an_ordinary_user_does_not_look(box):
    box.sbin.mkdir()
    (box.sbin / "nginx").write_text("#!/bin/sh\n")
    (box.sbin / "nginx").chmod(0o755)
    assert box.setup("bench", 0) == ""


def test_what_apt_says_is_shown_where_it_fails_and_nothing_is_left(box, tmp_path):
    box.without("scdoc")
    box.script("apt-get", 'echo "no network"; [ "$3" != install ]')
    said = box.setup("build", 1)
    assert "no network" in said and "that did not work" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "os-release"]


@pytest.mark.parametrize("there", [False, True])
def test_no_daemon_is_started_by_a_package_that_has_one(box, tmp_path, there):
    """Whoever forbids it already, or some of it, goes on doing so."""
    policy = tmp_path / "policy-rc.d"
    if there:
        policy.write_text("#!/bin/sh\nexit 104\n")
    box.script("apt-get", f'echo "apt-get $*" >> {box.asked}; cat {policy} >> {box.asked}')
    box.setup("bench", 0)
    done = box.did()
    assert "nginx-light" in done[done.index("#!/bin/sh") + 2] and done[-1] == ("exit 104" if there else "exit 101")
    assert policy.exists() == there


def test_lists_that_cannot_be_brought_up_to_date_do_not_keep_it_from_trying(box):
    box.without("scdoc")
    box.script("apt-get", f'echo "apt-get $*" >> {box.asked}; [ "$1" != update ]')
    assert "could not be brought up to date" in box.setup("build", 0)
    assert box.did()[-1] == f"{APT} scdoc"


def test_nobody_is_asked_anything(box):
    box.without("scdoc")
    box.script("apt-get", f'[ "$1" = update ] && exit\necho "$DEBIAN_FRONTEND" >> {box.asked}\n'
                          f'read answer && echo "$answer" >> {box.asked}\n:')
    box.setup("build", 0)
    assert box.did() == ["noninteractive"]


def test_every_library_that_a_meson_build_asks_for_is_one_that_is_installed():
    """But for llhttp, in whose place http_parser is installed."""
    asked = {name for folder in (".", "bench", "dist", "docs", "examples", "src", "tests")
             for path in (ROOT / folder).glob("meson.build" if folder == "." else "**/meson.build")
             for name in re.findall(r"\bdependency\('([^']+)'", path.read_text())} - {"threads", "libllhttp"}
    assert asked == set(re.findall(r"^ +need_library (\S+) ", (ROOT / "scripts/setup").read_text(), re.MULTILINE))


def test_the_tests_need_more_than_the_build(box):
    assert box.setup("build", 0) == ""
    box.setup("check", 0)
    assert {"clang", "valgrind", "golang-go"} <= set(box.did()[-1].split())


def test_make_fresh_needs_nothing_of_what_it_sets_up_in_a_system_of_its_own(box):
    box.without("scdoc")
    box.without("gcc")
    box.setup("fresh", 0)
    assert set(box.did()[-1].split() if box.did() else []) <= {*APT.split(), "python3", "debootstrap"}


def test_a_word_that_it_does_not_know_is_refused(box):
    assert "not chekc" in box.setup("chekc", 2)
    assert box.did() == []
