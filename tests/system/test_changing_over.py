"""Another edition's key: what is in force stays so until the new edition's lease is there, and the old seat comes back."""

import json

import pytest
from clocks import Clock
from hosting import Desk, Machine

STUDIO = """\
[product]
id = studio
title = Acme Studio
grace = 12h

[edition lab]
title = Acme Studio for Laboratories
features = export

[edition pro]
title = Acme Studio Pro
features = render
"""


class Changing:
    """A host with licenses for some editions, and a machine that has a lease of `pro`."""

    def __init__(self, build, run, folder, host, clock=None):
        self.folder, self.host, self.clock = folder, host, clock
        self.environment = clock.environment if clock else {}
        self.desk = Desk(build, run, folder)
        (folder / "two.ini").write_text(STUDIO)
        self.desk.product = folder / "two.product"
        self.desk.run("product", folder / "two.ini", "--output", self.desk.product, env=self.environment)
        self.keys = {key["edition"]: key["key"] for key in json.loads(self.desk.run("key", "--json").stdout)["keys"]}
        host.set_up(self.desk)
        self.buy("pro")
        self.serve()
        self.machine = Machine.__new__(Machine)
        self.machine.program, self.machine.run = build / "src/programs/aval", run
        self.machine.folder, self.machine.host = folder / "state", host
        self.aval("product", "install", self.desk.product, "--vendor-key", self.desk.key_file)
        self.install("pro")
        self.aval("host", "set", f"127.0.0.1:{host.port}")
        self.aval("activate")

    def serve(self, port=0):
        self.host.start(prefix=self.clock.prefix if self.clock else (), port=port)

    def aval(self, *args, **kwargs):
        return self.machine.aval(*args, env=self.environment, **kwargs)

    def buy(self, edition, seats=4):
        file = self.folder / f"{edition}.license"
        self.desk.run("license", self.host.request_file(), "--product", "studio", "--edition", edition, "--threshold", 1,
                      "--seats", seats, "--for", "900d", "--output", file, env=self.environment)  # fmt: skip
        self.host.avald("import", file, env=self.environment)

    def install(self, edition):
        return self.aval("key", "install", self.keys[edition])

    def status(self):
        return json.loads(self.aval("status", "--json").stdout)

    def held(self):
        return {license["edition"]: license["held"] for license in self.host.json("licenses")["licenses"]}

    def formers(self):
        return list(self.machine.folder.glob("products/*/*/former/*/lease.tlog-proof"))


@pytest.fixture
def changing(build, run, tmp_path, host):
    return Changing(build, run, tmp_path, host)


def test_another_editions_key_ends_nothing_and_the_old_seat_comes_back(changing):
    changing.buy("lab")
    before = changing.status()
    changing.install("lab")
    during = changing.status()
    assert (during["state"], during["edition"], during["lease"]["expires"]) == ("licensed", "pro", before["lease"]["expires"])
    assert "lab" in during["why"]
    changing.aval("renew")
    after = changing.status()
    assert (after["state"], after["edition"]) == ("licensed", "lab")
    assert [feature["name"] if isinstance(feature, dict) else feature for feature in after["lease"]["features"]] == ["export"]
    assert changing.held() == {"pro": 0, "lab": 1}
    assert changing.formers() == []
    changing.aval("release")
    assert changing.held() == {"pro": 0, "lab": 0}


def test_where_there_is_no_license_for_it_the_lease_stays_and_goes_on_being_renewed(build, run, tmp_path, host):
    clock = Clock(tmp_path)
    changing = Changing(build, run, tmp_path, host, clock)
    changing.install("lab")
    first = changing.status()["lease"]["expires"]
    for day in range(10, 200, 10):
        clock.set_days(day)
        changing.aval("renew", expect=None)
        status = changing.status()
        assert (status["state"], status["edition"]) == ("licensed", "pro"), f"day {day}: {status}"
    assert changing.status()["lease"]["expires"] > first
    changing.buy("lab")
    changing.aval("activate")
    assert changing.status()["edition"] == "lab"
    assert changing.held() == {"pro": 0, "lab": 1}


def test_a_person_who_asks_is_told_that_the_new_edition_is_not_there(changing):
    changing.install("lab")
    done = changing.aval("activate", "--json", expect=14)
    assert json.loads(done.stdout)["code"] == "no-license"
    assert changing.status()["state"] == "licensed"


def test_going_back_to_the_old_key_changes_nothing(changing):
    changing.buy("lab")
    before = changing.status()["lease"]
    changing.install("lab")
    changing.install("pro")
    changing.aval("renew")
    assert changing.status()["lease"]["ledger_index"] == before["ledger_index"]
    assert changing.held() == {"pro": 1, "lab": 0}


def test_back_at_once_is_put_off_by_the_host_and_nothing_is_lost(changing):
    """One new lease under a license in a retry interval, so that nobody fills a ledger by changing keys."""
    changing.buy("lab")
    changing.install("lab")
    changing.aval("activate")
    changing.install("pro")
    assert json.loads(changing.aval("activate", "--json", expect=18).stdout)["code"] == "asked-too-often"
    status = changing.status()
    assert (status["state"], status["edition"]) == ("licensed", "lab")
    assert changing.held() == {"pro": 0, "lab": 1}
    assert changing.formers() == []


def test_a_seat_of_a_host_that_is_away_is_given_back_when_it_is_there(build, run, tmp_path, changing):
    """The old lease is of one host, the new one of another."""
    from hosting import Host

    other = Host(build, run, tmp_path / "other", name="kms2.uni.example")
    try:
        other.set_up(changing.desk)
        file = tmp_path / "other.license"
        changing.desk.run("license", other.request_file(), "--product", "studio", "--edition", "lab", "--threshold", 1, "--seats", 4,
                          "--for", "900d", "--output", file)
        other.avald("import", file)
        other.start()
        port = changing.host.port
        changing.host.stop()
        changing.install("lab")
        changing.aval("host", "set", f"127.0.0.1:{other.port}")
        changing.aval("activate")
        assert changing.status()["edition"] == "lab"
        assert len(changing.formers()) == 1
        changing.aval("renew")
        assert len(changing.formers()) == 1, "nobody has taken it yet"
        changing.serve(port)
        changing.aval("renew")
        assert changing.formers() == []
        assert changing.held() == {"pro": 0}
        assert changing.status()["edition"] == "lab"
    finally:
        other.stop()


def test_what_was_killed_between_the_two_leaves_is_licensed(changing):
    """As a crash between keeping the old lease and storing the new one leaves it: a copy of the lease in force."""
    lease = next(changing.machine.folder.glob("products/*/*/lease.tlog-proof"))
    license_id = changing.status()["lease"]["license"]
    former = lease.parent / "former" / license_id
    former.mkdir(parents=True)
    for name in "license", "lease.host", "lease.tlog-proof":
        (former / name).write_bytes((lease.parent / name).read_bytes())
    changing.aval("activate")
    assert changing.status()["state"] == "licensed"
    assert changing.held() == {"pro": 1}
    assert changing.formers() == []
