"""One state folder that several machines use, in turn and at once, as homes on a server are: each has one seat and finds its own again.

What tells the machines apart here is an identity that is handed in."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from hosting import Machine

LOGINS = 8


class Home:
    def __init__(self, build, run, folder, desk, host):
        self.machine, self.host = Machine(build, run, folder, desk, host), host
        self.machine.aval("host", "set", f"127.0.0.1:{host.port}")

    def on(self, name, *command, expect=0):
        return self.machine.aval(*command, expect=expect, env={"AVAL_MACHINE_ID": name})

    def status(self, name, expect=0):
        return json.loads(self.on(name, "status", "--json", expect=expect).stdout)

    def held(self):
        return self.host.json("licenses")["licenses"][0]["held"]


@pytest.fixture
def home(build, run, tmp_path, desk, licensed):
    return Home(build, run, tmp_path / "home", desk, licensed)


def test_two_machines_in_turn_have_a_seat_each_however_often_they_come_back(home):
    ids = {}
    for login in range(LOGINS):
        name = ("desk", "laptop")[login % 2]
        home.on(name, *(("activate",) if login < 2 else ("renew", "--force")))
        said = home.status(name)
        assert said["state"] == "licensed" and ids.setdefault(name, said["machine"]) == said["machine"]
    assert home.held() == 2 and ids["desk"] != ids["laptop"]


def test_what_one_machine_does_leaves_the_others_lease_alone(home):
    home.on("desk", "activate")
    home.on("laptop", "activate")
    home.on("laptop", "release")
    assert home.held() == 1
    assert home.status("desk")["state"] == "licensed" and home.status("laptop")["code"] == "no-lease"
    home.on("laptop", "activate")
    assert home.held() == 2
    home.on("desk", "key", "remove", home.status("desk")["key_suffix"])
    assert home.status("laptop")["code"] == "no-product-key", "the product key is the folder's"
    assert not list(home.machine.folder.rglob("lease.tlog-proof"))


def test_machines_that_use_it_at_once_do_not_get_in_each_others_way(home):
    names = [f"room-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: home.on(name, "activate"), names))
    assert home.held() == len(names) and all(home.status(name)["state"] == "licensed" for name in names)


def test_aval_machine_says_that_others_use_the_folder(home):
    home.on("desk", "activate")
    home.on("laptop", "activate")
    told = json.loads(home.on("laptop", "machine", "--json").stdout)["identities"]
    assert [each["this"] for each in told] == ["no", "yes"]
    assert told[1]["machine"] == home.status("laptop")["machine"]


def test_the_oldest_gives_way_where_there_are_too_many(home):
    """Copies of one identity's files stand for machines that never come back."""
    home.on("desk", "activate")
    for number in range(1, 64):
        for folder in ("machines", "secret"):
            shutil.copy(home.machine.folder / folder / "acme.example", home.machine.folder / folder / f"acme.example+{number}")
    home.on("laptop", "activate")
    assert home.status("laptop")["state"] == "licensed" and not (home.machine.folder / "machines/acme.example+64").exists()
