"""State in memory alone: nothing on the disk, and seats that come back by themselves when what held them is killed."""

import json
import os
import signal
import subprocess

import pytest
from clocks import Clock
from hosting import environment

FLEET = 1000 if os.environ.get("AVAL_LONG") else 12 if os.environ.get("AVAL_STEP", "unit") != "unit" else 40
AT_ONCE = 50


class Fleet:
    def __init__(self, build, host, desk, clock, folder):
        self.program, self.host, self.desk, self.clock, self.folder = build / "examples/worker", host, desk, clock, folder
        self.key = json.loads(desk.run("key", "--json").stdout)["keys"][0]["key"]
        self.running = []

    def begin(self, name):
        return subprocess.Popen(
            [self.program, self.desk.product, self.desk.key, self.key, f"127.0.0.1:{self.host.port}"], cwd=self.folder,
            env=environment({**self.clock.environment, "AVAL_MACHINE_ID": name, "HOME": str(self.folder)}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip

    def start(self, names):
        """How many of them got to work; what the others said."""
        at_work, said = 0, []
        for first in range(0, len(names), AT_ONCE):
            begun = [self.begin(name) for name in names[first:first + AT_ONCE]]
            for process in begun:
                if process.stdout.readline() == "at work\n":
                    at_work += 1
                    self.running.append(process)
                else:
                    said.append(process.communicate(timeout=60)[1])
        return at_work, said

    def end(self, number):
        for process in self.running:
            process.send_signal(number)
        statuses = [process.wait(timeout=60) for process in self.running]
        for process in self.running:
            process.stdout.close()
            process.stderr.close()
        self.running = []
        return statuses


@pytest.fixture
def fleet(build, host, desk, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=FLEET, extra=["--lease", "10m", "--renew", "5m", "--retry", "1m"]),
               env=clock.environment)
    host.start(prefix=clock.prefix)
    (tmp_path / "empty").mkdir()
    made = Fleet(build, host, desk, clock, tmp_path / "empty")
    yield made
    made.end(signal.SIGKILL)


def names(of, count=FLEET):
    return [f"{of}-{number}" for number in range(count)]


def test_what_is_killed_holds_no_seat_ten_minutes_later(fleet):
    at_work, said = fleet.start(names("before"))
    assert at_work == FLEET, said[:3]
    assert set(fleet.end(signal.SIGKILL)) == {-signal.SIGKILL}
    at_work, said = fleet.start(names("too-soon", 3))
    assert at_work == 0 and all("no-seats" in words for words in said), said
    fleet.clock.set_days(11 / 1440)
    at_work, said = fleet.start(names("after"))
    assert at_work == FLEET, said[:3]
    assert list(fleet.folder.iterdir()) == [], "nothing was written"


def test_what_is_ended_in_order_gives_its_seat_back_at_once(fleet):
    assert fleet.start(names("before", 2))[0] == 2
    assert fleet.end(signal.SIGTERM) == [0, 0]
    assert sum(license["held"] for license in fleet.host.json("licenses")["licenses"]) == 0


def test_the_command_line_says_that_memory_is_for_products_that_stay(build, run):
    said = run(build / "src/programs/aval", "--state", "memory:", "status", "--json", expect=2)
    assert json.loads(said.stdout)["code"] == "usage" and "forget" in said.stdout
