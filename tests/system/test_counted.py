"""Counted licenses and the product keys that ask for them: one seat for each machine until it gives it back, or the
license ends; what a machine with a key of the other mode is told; and what changes from one mode to the other."""

import json
import re

import pytest
from clocks import Clock
from hosting import VENDOR, Machine, denial_code, machine_id

SEATS, NO_LICENSE, NO_HOST, EXPIRED_GRACE = 11, 14, 17, 21
LATER = "2090-12-31"


def id_of(desk, license):
    return json.loads(desk.run("inspect", license, "--json").stdout)["license"]


def counted_license(desk, host, name="counted.license", seats=2, until="2090-01-01", extra=()):
    return desk.license(host.request_file(), name, threshold=None, seats=seats, extra=["--counted", "--until", until, *extra])


def take_in(host, license):
    host.avald("import", license)
    host.ctl("reload")


def row_of(host, license):
    return next(row for row in host.json("licenses")["licenses"] if row["id"] == license)


def held(host, license):
    return row_of(host, license)["held"]


def audited(host, desk, clock=None):
    export = desk.folder / "export"
    export.unlink(missing_ok=True)
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", export)
    return json.loads(desk.run("audit", export, "--json", env=clock.environment if clock else None).stdout)


def words(done):
    return " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def counted(desk, host):
    """The id of a counted license with two seats, in force; the host serves."""
    host.set_up(desk)
    file = counted_license(desk, host)
    host.avald("import", file)
    host.start()
    return id_of(desk, file)


@pytest.fixture
def volume(desk, host):
    """The id of a volume license; the host serves."""
    host.set_up(desk)
    file = desk.license(host.request_file(), "volume.license")
    host.avald("import", file)
    host.start()
    return id_of(desk, file)


@pytest.fixture
def machine(build, run, tmp_path, desk, host):
    """machine(NAME, counted=True): one with the counted product key, or the volume key."""
    return lambda name="machine", counted=True: Machine(build, run, tmp_path / name, desk, host, counted)


# The desk


def test_the_desk_tells_both_keys_and_which_one_a_license_needs(desk, host, tmp_path):
    keys = json.loads(desk.run("key", "--json").stdout)["keys"][0]
    assert keys["key"][1:23] == keys["counted_key"][1:23] and keys["key"] != keys["counted_key"]
    assert keys["key"] in desk.run("key").stdout and keys["counted_key"] in desk.run("key").stdout
    host.set_up(desk)
    terms = ["license", host.request_file(), "--product", "studio", "--edition", "pro", "--seats", 1]
    said = words(desk.run(*terms, "--counted", "--output", tmp_path / "one"))
    assert keys["counted_key"] in said and "a machine with the volume key gets nothing" in said
    assert keys["counted_key"] not in words(desk.run(*terms, "--threshold", 1, "--output", tmp_path / "two"))
    made = json.loads(desk.run("test-license", "studio", tmp_path / "bench", "--counted", "--json").stdout)
    assert made["key"] == keys["counted_key"]
    assert "Counted key" in desk.run("test-license", "studio", tmp_path / "again", "--counted").stdout


# A machine


def test_a_counted_machine_says_that_it_has_nothing_to_fear_until_the_license_ends(desk, host, machine, counted):
    one = machine()
    one.activate()
    state = one.status()
    assert (state["state"], state["key_mode"], state["lease"]["mode"]) == ("licensed", "counted", "counted")
    assert state["lease"]["expires"] == state["lease"]["license_ends"] == "2090-01-02T00:00:00Z"
    row = host.json("machines")["machines"][0]
    why = host.json("why", row["machine"])
    assert why["code"] == "ok" and why["sentence"] == state["why"]
    assert "until it gives it back" in why["sentence"] and "nothing is lost" in why["sentence"]
    host.stop()
    assert why["sentence"] in words(one.aval("renew", "--force", expect=NO_HOST))
    said = words(one.aval("status"))
    assert one.status()["why"] == state["why"]
    assert "counted" in said and "a renewal that fails costs nothing" in said
    assert not re.search("grace|another one by then", said)


def test_it_is_asked_for_a_renewal_once_in_a_while_and_not_at_each_start(desk, host, machine, tmp_path):
    """Its lease is given again, and so is never younger."""
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", counted_license(desk, host))
    host.start(prefix=clock.prefix)
    one = machine()
    one.activate(env=clock.environment)
    clock.set_days(8)
    renew = lambda: json.loads(one.aval("renew", "--json", env=clock.environment).stdout)["attempts"]  # noqa: E731
    assert len(renew()) == 1 and len(renew()) == 0
    assert host.json("status")["ledgers"][0]["size"] == 1, "the lease that there is was given again"
    clock.set_days(14)
    assert len(renew()) == 0
    clock.set_days(16)
    assert len(renew()) == 1


# The key of the other mode


def test_a_volume_key_gets_nothing_of_a_counted_license_and_is_told_so(desk, host, machine, counted):
    one = machine(counted=False)
    done = one.activate(expect=NO_LICENSE)
    assert "counted-only" in done.stderr and "install the counted product key" in words(done)
    assert one.status()["last"]["code"] == "counted-only" and "counted" in one.status()["why"]
    row = row_of(host, counted)
    assert (row["held"], row["count"]) == (0, 0)
    one.install_key(desk, counted=True)
    one.activate()
    assert held(host, counted) == 1 and audited(host, desk)["findings"] == []


def test_a_counted_key_gets_nothing_of_a_volume_license_and_is_told_so(desk, host, machine, volume):
    one = machine()
    done = one.activate(expect=NO_LICENSE)
    assert "volume-only" in done.stderr and "install the volume key" in words(done)
    row = row_of(host, volume)
    assert (row["held"], row["count"]) == (0, 0), "nor does it count towards the threshold"
    one.install_key(desk)
    one.activate()
    assert one.status()["lease"]["mode"] == "volume"


def test_a_request_of_the_other_mode_takes_no_seat_and_is_explained(desk, host, counted):
    """By whoever knows the host and asks it directly."""
    asks = machine_id(1)
    assert denial_code(host.activate(asks)[1]) == "counted-only"
    assert held(host, counted) == 0
    why = host.json("why", asks)
    assert why["code"] == "counted-only" and "install the counted product key" in why["sentence"]
    assert host.json("denials")["denials"][0]["code"] == "counted-only"
    assert host.activate(asks, number=2, counted=True)[0] == 200
    assert host.json("why", asks)["code"] == "ok"
    assert audited(host, desk)["findings"] == []


def test_a_host_without_any_license_says_that_and_nothing_of_keys(desk, host, machine):
    host.set_up(desk)
    host.start()
    assert "no-license" in machine().activate(expect=NO_LICENSE).stderr


def test_a_host_with_both_gives_each_key_its_own(desk, host, machine, counted):
    take_in(host, desk.license(host.request_file(), "volume.license"))
    both = machine("one"), machine("two", counted=False)
    for each in both:
        each.activate()
    assert [each.status()["lease"]["mode"] for each in both] == ["counted", "volume"]
    assert [row["held"] for row in host.json("licenses")["licenses"]] == [1, 1]


def test_another_path_behind_the_edition_is_no_introduction(host, counted):
    for edition in "pro/volume", "pro/counted/", "pro/", "counted":
        assert denial_code(host.introduction(edition=edition)[1]) == "no-license"
    assert host.introduction(edition="pro/counted")[0] == 200


# From one key to the other, with a lease in force


def test_the_other_key_leaves_the_lease_in_force_until_it_gets_one_of_its_own(desk, host, machine, volume):
    one = machine(counted=False)
    one.activate()
    said = words(one.install_key(desk, counted=True))
    assert "keeps its lease of a volume license until `aval activate`" in said
    assert (one.status()["state"], one.status()["key_mode"]) == ("licensed", "counted")
    one.activate(expect=NO_LICENSE)
    assert one.status()["state"] == "licensed" and "install the volume key" in one.status()["why"]
    file = counted_license(desk, host)
    take_in(host, file)
    one.aval("activate")  # it is wanted, though the lease is young; a timer keeps the next try
    assert one.status()["lease"]["mode"] == "counted"
    assert (held(host, volume), held(host, id_of(desk, file))) == (0, 1), "it has one seat, and took it along"
    assert audited(host, desk)["findings"] == []


def test_back_to_a_volume_key_with_a_lease_that_ends_earlier(desk, host, machine, counted):
    file = desk.license(host.request_file(), "volume.license")
    take_in(host, file)
    one = machine()
    one.activate()
    long = one.status()["lease"]["expires"]
    one.install_key(desk)
    one.activate()
    state = one.status()
    assert state["lease"]["mode"] == "volume" and state["lease"]["expires"] < long
    assert (held(host, counted), held(host, id_of(desk, file))) == (0, 1)
    assert audited(host, desk)["findings"] == []
    one.aval("release")
    assert held(host, id_of(desk, file)) == 0 and one.status()["state"] != "licensed"


def test_a_release_by_the_new_key_gives_back_the_seat_of_the_old_one(desk, host, machine, counted):
    one = machine()
    one.activate()
    one.install_key(desk)
    one.aval("release")
    assert held(host, counted) == 0
    assert "counted-only" in one.activate(expect=NO_LICENSE).stderr


# Licenses that follow each other


def test_a_counted_license_renewed_takes_seats_and_machines_along(desk, host, machine, counted):
    one, two, three = (machine(f"machine-{number}") for number in range(3))
    one.activate()
    two.activate()
    desk.run("renew", counted, "--until", LATER, "--output", desk.folder / "new.license")
    new = id_of(desk, desk.folder / "new.license")
    assert json.loads(desk.run("inspect", desk.folder / "new.license", "--json").stdout)["mode"] == "counted"
    take_in(host, desk.folder / "new.license")
    three.activate(expect=SEATS)
    one.aval("renew", "--force")
    assert (one.status()["lease"]["license"], one.status()["lease"]["expires"]) == (new, "2091-01-01T00:00:00Z")
    assert two.status()["state"] == "licensed" and held(host, new) == 2
    two.aval("renew", "--force")
    report = audited(host, desk)
    assert report["findings"] == [] and {row["peak"] for row in report["true_up"] if row["license"] == new} == {2}


def test_a_volume_license_in_the_place_of_a_counted_one_needs_the_other_key_and_that_is_said(desk, host, machine, counted):
    one, two = machine("one"), machine("two")
    one.activate()
    said = words(desk.run("license", host.request_file(), "--product", "studio", "--edition", "pro", "--threshold", 1,
                          "--seats", 2, "--until", LATER, "--replaces", counted, "--output", desk.folder / "new.license"))
    assert "of the other mode" in said and "only with the other product key" in said
    new = id_of(desk, desk.folder / "new.license")
    take_in(host, desk.folder / "new.license")
    one.aval("renew", "--force")
    assert one.status()["lease"]["license"] == counted, "what runs is given again"
    assert "volume-only" in two.activate(expect=NO_LICENSE).stderr
    one.install_key(desk)
    one.activate()
    assert one.status()["lease"]["license"] == new and held(host, new) == 1
    two.install_key(desk)
    two.activate()
    assert held(host, new) == 2 and audited(host, desk)["findings"] == []


def test_when_the_counted_license_has_ended_the_volume_one_is_named(desk, host, machine, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    until = f"{Clock.in_days(10):%Y-%m-%d}"
    host.avald("import", counted_license(desk, host, until=until))
    host.avald("import", desk.license(host.request_file(), "volume.license"))
    host.start(prefix=clock.prefix)
    one = machine()
    one.activate(env=clock.environment)
    clock.set_days(20)
    state = json.loads(one.aval("status", "--json", env=clock.environment, expect=EXPIRED_GRACE).stdout)
    assert state["state"] == "expired-grace"
    assert "volume-only" in one.activate(env=clock.environment, expect=NO_LICENSE).stderr
    one.install_key(desk)
    one.activate(env=clock.environment)


# Seats that come back


def test_a_counted_seat_comes_back_by_release_and_reclaim_within_the_license(desk, host):
    host.set_up(desk)
    file = counted_license(desk, host, seats=4, extra=["--releases", 1, "--reclaims", 1])
    host.avald("import", file)
    host.start()
    name = id_of(desk, file)
    machines = [machine_id(number) for number in range(4)]
    for each in machines:
        assert host.activate(each, counted=True)[0] == 200
    assert denial_code(host.activate(machine_id(9), counted=True)[1]) == "no-seats"
    assert [host.release(each, name)[0] for each in machines[:2]] == [200, 200]
    assert held(host, name) == 3, "the second is held until its lease would have ended: with the license"
    assert host.json("reclaim", machines[2], "--yes")["outcome"] == "free"
    assert host.json("reclaim", machines[3], "--yes")["outcome"] != "free"
    assert held(host, name) == 2
    for number in (9, 10):
        assert host.activate(machine_id(number), number=2, counted=True)[0] == 200
    assert denial_code(host.activate(machine_id(11), counted=True)[1]) == "no-seats"
    report = audited(host, desk)
    assert report["findings"] == []
    assert [(row["peak"], row["outstanding"], row["seats"]) for row in report["true_up"]] == [(4, 6, 4)]


def test_a_short_counted_lease_ends_with_its_seat_and_says_why_it_is_short(build, run, tmp_path, desk, host):
    clock = Clock(tmp_path)
    host.set_up(desk)
    file = counted_license(desk, host, seats=1, extra=["--retry", "2d", "--renew", "3d"])
    host.avald("import", file)
    host.start(prefix=clock.prefix)
    assert host.activate(machine_id(1), digests=1, counted=True)[0] == 200
    why = host.json("why", machine_id(1))["sentence"]
    assert "a short one" in why and "nothing is lost" not in why
    assert denial_code(host.activate(machine_id(2), counted=True)[1]) == "no-seats"
    clock.set_days(3)
    assert host.activate(machine_id(2), number=2, when=clock.in_days(3), counted=True)[0] == 200
    assert audited(host, desk, clock)["findings"] == []
