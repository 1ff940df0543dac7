"""Licenses of other kinds than one host's volume license, with the real programs."""

import json
import time

import pytest
from hosting import Host, Machine
from independent import SigningKey, open_note
from vendor_desk import STUDIO, TERMS, VENDOR, bare, empty, fields, terms  # noqa: F401 (fixtures)
from vendor_desk import desk as vendor_desk  # noqa: F401

USAGE, SEATS, NO_LICENSE = 2, 11, 14


# What the vendor signs



def test_a_license_for_several_hosts_names_their_keys_in_order(vendor_desk):
    keys = [vendor_desk.host_key]
    for number in range(2, 9):
        keys.append(SigningKey(f"kms{number}.uni.example/{VENDOR}"))
        vendor_desk.request(f"{number}.host-request", key=keys[-1], host=f"kms{number}.uni.example")
    files = [f"{number}.host-request" for number in range(8, 1, -1)]
    said = vendor_desk.license(*files)
    named = sorted(str(key.verifier) for key in keys)
    assert [value for key, value in said if key == "host-key"] == named
    assert json.loads(vendor_desk.run("inspect", "uni.license", "--json").stdout)["host_keys"] == named
    assert sorted(json.loads(vendor_desk.run("licenses", "--json").stdout)["licenses"][0]["hosts"]) == sorted(
        key.verifier.name.split("/")[0] for key in keys)
    assert "and 7 more" in vendor_desk.run("licenses").stdout


def test_hosts_that_cannot_be_of_one_license_are_refused(vendor_desk):
    said = vendor_desk.run("license", "uni.host-request", "uni.host-request", *TERMS, expect=USAGE).stderr
    assert "another of the requests" in said
    vendor_desk.request("other.host-request", key=SigningKey(f"kms2.uni.example/{VENDOR}"), host="kms2.uni.example",
                 customer="Somebody Else")
    both = ["uni.host-request", "other.host-request"]
    assert "--customer" in vendor_desk.run("license", *both, *TERMS, expect=USAGE).stderr
    vendor_desk.run("license", *both, *TERMS, "--customer", "University of Example", "-o", "both.license")
    vendor_desk.run("revoke", "--host-key", str(vendor_desk.host_key.verifier), "-o", "list")
    vendor_desk.run("license", *both, *TERMS, "--customer", "University of Example", expect=NO_LICENSE)
    assert json.loads(vendor_desk.run("licenses", "--json").stdout)["licenses"][0]["state"] == "in force"


# What hosts and machines make of it


def test_a_counted_license_has_neither_threshold_nor_length(vendor_desk):
    counted = ["license", "uni.host-request", "--product", "studio", "--edition", "pro", "--seats", 28, "--counted"]
    for option in (["--threshold", 1], ["--lease", "1d"]):
        assert "exclude each other" in vendor_desk.run(*counted, *option, expect=USAGE).stderr
    vendor_desk.run(*counted, "--retry", "0s", expect=USAGE)
    assert "to its end" in vendor_desk.run(*counted, "-o", "counted.license").stdout
    said = fields(open_note((vendor_desk.folder / "counted.license").read_bytes(), vendor_desk.key))
    assert ("mode", "counted") in said and not {"threshold", "lease"} & {key for key, _ in said}
    shown = json.loads(vendor_desk.run("inspect", "counted.license", "--json").stdout)
    assert shown["mode"] == "counted" and not {"threshold", "lease"} & set(shown)
    assert json.loads(vendor_desk.run("licenses", "--json").stdout)["licenses"][0]["mode"] == "counted"


def test_a_license_in_force_is_found_behind_any_number_that_have_ended(build, run, tmp_path, desk, host):
    host.set_up(desk)
    ended = ["--from", "2020-01-01", "--until", "2020-12-31"]
    for number in range(17):
        host.avald("import", desk.license(host.request_file(), f"{number}.license", extra=ended))
    host.start()
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    assert "license-ended" in machine.activate(expect=14).stderr
    last = max(file.name for file in (host.data / "vendors" / VENDOR / "licenses").iterdir())
    for number in range(1000):  # ids are drawn; a host has its licenses in their order, and this one is behind all
        file = desk.license(host.request_file(), f"in-force-{number}.license")
        if dict(fields(file.read_text().split("\n\n")[0]))["license"] > last:
            break
    host.avald("import", file)
    machine.activate()
    assert machine.status()["state"] == "licensed"


def test_a_counted_machine_activates_at_once_until_the_license_ends(build, run, tmp_path, desk, host):
    host.set_up(desk)
    desk.run("license", host.request_file(), "--product", "studio", "--edition", "pro", "--counted", "--seats", 1,
             "--until", "2090-01-01", "--output", tmp_path / "counted.license")
    assert "counted" in host.avald("import", tmp_path / "counted.license").stdout
    host.start()
    machine = Machine(build, run, tmp_path / "machine", desk, host, counted=True)
    machine.activate()
    first = machine.status()["lease"]
    assert first["expires"] == "2090-01-02T00:00:00Z"
    machine.aval("renew", "--force")
    assert machine.status()["lease"]["ledger_index"] == first["ledger_index"]
    other = Machine(build, run, tmp_path / "other", desk, host, counted=True)
    other.activate(expect=SEATS)
    machine.aval("release")
    other.activate()
    assert "/-" in host.ctl("licenses").stdout
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", tmp_path / "export")
    assert json.loads(desk.run("audit", tmp_path / "export", "--json").stdout)["findings"] == []


def test_what_a_license_says_besides(vendor_desk):
    first, second = (dict(vendor_desk.license(output=f"{name}.license"))["license"] for name in "ab")
    options = ["--first-lease", "30d", "--releases", 0, "--reclaims", 3, "--test", "--feature", "export=a b",
               "--feature", "render", "--replaces", second, "--replaces", first]
    said = vendor_desk.license(*options)
    assert [pair for pair in said if pair[0] not in ("issued", "not-before", "not-after")][10:] == [
        ("lease", "180d"), ("first-lease", "30d"), ("renew", "7d"), ("retry", "2h"), ("releases", "0"), ("reclaims", "3"),
        *(("replaces", one) for one in sorted([first, second])), ("feature", "export a b"), ("feature", "render"),
        ("test", "yes")]
    shown = json.loads(vendor_desk.run("inspect", "uni.license", "--json").stdout)
    assert (shown["first_lease"], shown["releases"], shown["reclaims"], shown["test"]) == ("30d", 0, 3, "yes")
    assert shown["replaces"] == sorted([first, second]) and shown["features"] == ["export=a b", "render"]


@pytest.mark.parametrize(("options", "words"), [
    (["--first-lease", "180d"], "no shorter"), (["--first-lease", "30s"], "a minute at least"),
    (["--first-lease", "7d"], "no longer than --renew"), (["--reclaims", 29], "more than there are seats"),
    (["--feature", "render="], "a value is"), (["--feature", "render=1", "--feature", "render=2"], "given twice"),
])
def test_terms_that_contradict_each_other_are_refused_with_the_reason(vendor_desk, options, words):
    done = vendor_desk.run("license", "uni.host-request", *TERMS, *options, expect=USAGE)
    assert words in done.stderr


def test_only_a_license_of_the_same_customer_and_offer_is_replaced(vendor_desk):
    before = dict(vendor_desk.license(output="before"))["license"]
    again = ["license", "uni.host-request", *TERMS, "--replaces", before]
    assert "that license is for University" in vendor_desk.run(*again, "--customer", "Other", expect=USAGE).stderr
    assert "given twice" in vendor_desk.run(*again, "--replaces", before, expect=USAGE).stderr
    assert "studio pro" in vendor_desk.run(*again[:2], *terms("--edition", "edu"), "--replaces", before, expect=USAGE).stderr
    assert "no license" in vendor_desk.run("license", "uni.host-request", *TERMS, "--replaces", "x", expect=USAGE).stderr


def test_a_products_edition_may_give_a_feature_its_value(vendor_desk):
    vendor_desk.write("studio.ini", STUDIO.replace("preview", "preview, resolution=4k"))
    vendor_desk.run("product", "studio.ini", "-o", "valued")
    assert ("feature", "resolution 4k") in vendor_desk.license(output="one")
    assert ("feature", "resolution 4k") in vendor_desk.license("--feature", "resolution", output="two")
    assert ("feature", "resolution 8k") in vendor_desk.license("--feature", "resolution=8k", output="three")


def test_the_machine_reads_the_value_of_a_feature(build, run, tmp_path, desk, host):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), extra=["--feature", "export=pdf 1.7", "--feature", "render"]))
    host.start()
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.activate()
    assert machine.status()["lease"]["features"] == ["export=pdf 1.7", "render"]
    assert "export=pdf 1.7, render" in machine.aval("status", "-v").stdout
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", tmp_path / "export")
    assert json.loads(desk.run("audit", tmp_path / "export", "--json").stdout)["findings"] == []


def test_a_license_that_replaces_mine_takes_its_place_at_another_host(build, run, tmp_path, desk):
    hosts = [Host(build, run, tmp_path / name, name) for name in ("one.example", "two.example")]
    for number, host in enumerate(hosts):
        host.set_up(desk)
        extra = ["--replaces", mine] if number else []  # noqa: F821
        license = desk.license(host.request_file(), name=f"{number}.license", extra=extra)
        mine = dict(fields(license.read_text().split("\n\n")[0]))["license"]
        host.avald("import", license)
        host.start()
        time.sleep(1)  # the second license is issued later
    machine = Machine(build, run, tmp_path / "machine", desk, hosts[0])
    machine.activate()
    machine.aval("host", "set", f"127.0.0.1:{hosts[1].port}")
    machine.aval("renew", "--force")
    assert machine.status()["lease"]["license"] == mine
    for host in hosts:
        host.stop()


@pytest.fixture
def two_hosts(build, run, tmp_path, desk):
    """Two hosts of other names under one license; both serve."""
    hosts = [Host(build, run, tmp_path / name, name) for name in ("one.example", "two.example")]
    for host in hosts:
        host.set_up(desk)
    license = desk.license(hosts[0].request_file(), extra=[hosts[1].request_file()])
    for host in hosts:
        host.avald("import", license)
        host.start()
    yield hosts
    for host in hosts:
        host.stop()


def test_a_machine_goes_to_the_other_host_of_its_license(build, run, tmp_path, desk, two_hosts):
    one, two = two_hosts
    machine = Machine(build, run, tmp_path / "machine", desk, one)
    machine.activate()
    before = machine.status()
    assert (before["state"], before["lease"]["activation_host"]) == ("licensed", "one.example")
    machine.aval("host", "set", f"127.0.0.1:{two.port}")
    machine.aval("renew", "--force")
    after = machine.status()
    assert (after["state"], after["lease"]["activation_host"]) == ("licensed", "two.example")
    assert after["lease"]["license"] == before["lease"]["license"]
    machine.aval("release")
    for host, leaves in ((one, 1), (two, 2)):
        export = tmp_path / f"{host.name}.export"
        host.ctl("ledger", "export", "--vendor", "acme.example", "--output", export)
        assert json.loads(desk.run("audit", export, "--json").stdout)["to"] == leaves
