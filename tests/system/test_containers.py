"""Machines whose platform says who they are, by docs/containers.md: processes play the containers."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from clocks import Clock
from hosting import Machine, environment

PAGE = (Path(__file__).resolve().parents[2] / "docs/containers.md").read_text()
SHORT = ("--lease", "10m", "--renew", "3m", "--retry", "1m")
CONTAINERS = 40
WAIT = 20


def held(host):
    return host.json("licenses")["licenses"][0]["held"]


def until(holds):
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


class Containers:
    """A host with the page's license, an image with product and product key, and what is made of it."""

    def __init__(self, build, run, folder, desk, host):
        self.build, self.folder, self.host, self.clock = build, folder, host, Clock(folder)
        self.script = folder / "activated"
        self.script.write_text(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0])
        host.set_up(desk)
        assert " ".join(SHORT) in PAGE
        host.avald("import", desk.license(host.request_file(), seats=CONTAINERS, extra=SHORT))
        host.start(prefix=self.clock.prefix)
        self.image = Machine(build, run, folder / "image", desk, host).folder
        self.started = []

    def start(self, name, *command, state=None, clock=True):
        """A container; its state folder is made from the image unless it has one from before. Without the host's CLOCK where
        one of its processes alone is ended: libfaketime's lock, which they share, may be that one's then."""
        variables = {"AVAL_HOST": f"127.0.0.1:{self.host.port}", "AVAL_MACHINE_ID": name, "AVAL_IMAGE": str(self.image),
                     "AVAL_STATE": str(self.folder / (state or name)),
                     "PATH": f"{self.build / 'src/programs'}:{os.environ['PATH']}", **(self.clock.environment if clock else {})}  # fmt: skip
        process = subprocess.Popen(["sh", str(self.script), *command], env=environment(variables), start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def many(self, first):
        """As many as there are seats, each licensed; then all killed."""
        names = [f"pod-{first + number}" for number in range(CONTAINERS)]
        for name in names:
            self.start(name, "sleep", "600")
        until(lambda: held(self.host) == CONTAINERS)
        self.kill()
        return names

    def kill(self):
        for process in self.started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait(WAIT)
        self.started = []


@pytest.fixture
def containers(build, run, tmp_path, desk, host):
    made = Containers(build, run, tmp_path, desk, host)
    yield made
    made.kill()


def test_containers_that_are_killed_hold_no_seat_ten_minutes_later(containers):
    containers.many(0)
    assert held(containers.host) == CONTAINERS
    containers.clock.set_days(11 / 24 / 60)
    assert held(containers.host) == 0
    containers.many(CONTAINERS)


def test_a_container_that_is_stopped_gives_its_seat_back(containers):
    process = containers.start("pod", "sleep", "600", clock=False)
    until(lambda: held(containers.host) == 1)
    process.send_signal(signal.SIGTERM)
    process.wait(WAIT)
    assert held(containers.host) == 0


def test_a_product_that_ends_gives_the_seat_back_and_its_status_on(containers):
    process = containers.start("pod", "sh", "-c", "exit 7", clock=False)
    until(lambda: len(containers.host.json("machines")["machines"]) == 1)
    assert process.wait(WAIT) == 7 and held(containers.host) == 0


@pytest.fixture
def pods(build, run, tmp_path, licensed, desk):
    """A machine that has only product, key and host: what an image holds."""
    image = Machine(build, run, tmp_path / "image", desk, licensed)
    image.aval("host", "set", f"127.0.0.1:{licensed.port}")

    def pod(folder, identity, *command, **kwargs):
        if not (tmp_path / folder).exists():
            shutil.copytree(image.folder, tmp_path / folder)
        return run(image.program, "--state", tmp_path / folder, *command, env={"AVAL_MACHINE_ID": identity}, **kwargs)

    return pod


def test_containers_of_one_computer_are_the_machines_that_their_platform_says(pods, licensed, tmp_path):
    pods("one", "uid-1", "activate")
    pods("two", "uid-2", "activate")
    assert held(licensed) == 2, "though both see the same hardware"
    pods("one", "uid-1", "renew", "--force")
    assert held(licensed) == 2, "as the machine that it was"
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    assert pods("copy", "uid-3", "status", "--json", expect=20).stdout.count("lease-hardware") > 0
    pods("copy", "uid-3", "activate")
    assert held(licensed) == 3, "a copied folder is another machine"
    pods("again", "uid-1", "activate")
    assert held(licensed) == 4, "a new key is a new machine, whatever identity it has"


def test_an_identity_comes_from_a_files_first_line(pods, licensed, tmp_path):
    (tmp_path / "uuid").write_text("6F1A3E90-0000-4000-8000-00000000000a \nmore\n")
    pods("one", "never looked at", "--identity", tmp_path / "uuid", "activate")
    said = json.loads(pods("one", "6F1A3E90-0000-4000-8000-00000000000a", "status", "--json").stdout)
    assert said["state"] == "licensed"
    pods("one", "x", "--identity", tmp_path / "absent", "status", expect=5)


@pytest.mark.parametrize(("identity", "why"), [
    ("", "it is empty"),
    (" \t", "it is empty"),
    ("i" * 256, "more than 255 bytes"),
    ("one\ntwo", "no line of printable text"),
    ("$(POD_UID)", "nobody filled in what stands there: $(POD_UID)"),
    ("job-${CI_JOB_ID}", "nobody filled in"),
    ("00000000-0000-0000-0000-000000000000", "tells no machine from another"),
])  # fmt: skip
def test_what_is_no_identity_is_refused_in_words(pods, identity, why):
    """The hardware of the computer below would make all of its containers one machine."""
    said = pods("one", identity, "status", expect=2).stderr
    assert "AVAL_MACHINE_ID: " in said and why in said and "(identity-form)" in said
