"""Counted licenses, whose leases last to their end: a product key of the other kind, and seats that were given back.

What a host does that keeps to no rule is tried on machines and in the audit, which must refuse and find it.
"""

import json
import shutil

import independent
import pytest
from dishonest import VENDOR, DishonestHost
from world import COUNTED, VOLUME, Between, code_of, field, moment, send


@pytest.fixture
def desk(world):
    return world.make_vendor()


def audit(world, desk, export, expect=0):
    return json.loads(world.run(world.vendor, "audit", export, "--desk", desk, "--json", expect=expect).stdout)


def audit_of(world, desk, host, expect=0):
    export = host.folder / "ledger"
    export.write_bytes(host.export())
    return audit(world, desk, export, expect)


def audit_at(world, desk, folder):
    export = world.home / "export"
    export.unlink(missing_ok=True)
    world.run(world.build / "src" / "programs" / "avalctl", "ledger", "export", "--data", folder, "--output", export)
    return audit(world, desk, export)


@pytest.mark.parametrize(("license", "key"), [(COUNTED, VOLUME), (VOLUME, COUNTED)])
def test_a_machine_signs_nothing_for_a_host_that_shows_a_license_of_the_other_kind(world, desk, license, key):
    host = DishonestHost(world, desk, mode=license)
    between = Between(world, host.address)
    world.make_machine(desk, "machine", between.address, mode=key)
    world.refused("machine", "license-other-mode")
    assert {page.rpartition("/")[0] for page, _ in between.heard} <= {"/v1/introduction/acme.example/studio",
                                                                     "/v1/introduction/acme.example/studio/pro"}
    assert host.leaves == []
    world.aval("machine", "key", "install", world.product_key(desk, mode=license))
    world.aval("machine", "activate")


def test_a_lease_of_a_counted_license_for_a_volume_key_is_refused_and_found(world, desk):
    """By a host that the machine knows: it asks without an introduction, and is answered with the other license."""
    volume, counted = DishonestHost(world, desk), DishonestHost(world, desk, "other", mode=COUNTED)
    world.make_machine(desk, "machine", volume.address)
    world.aval("machine", "activate")
    world.run(world.vendor, "license", volume.folder / "request.note", "--desk", desk, "--product", "studio", "--edition",
              "pro", "--counted", "--seats", 10, "--output", world.home / "second.license")
    volume.license_note = (world.home / "second.license").read_text()
    volume.license_text = volume.license_note[: volume.license_note.rindex("\n\n") + 1]
    said = world.aval("machine", "renew", "--force", expect=4)
    assert "(license-other-mode)" in said.stdout + said.stderr
    assert json.loads(world.run_status("machine"))["lease"]["mode"] == "volume"
    findings = audit_of(world, desk, volume, expect=4)["findings"]
    assert [(each["index"], each["error"]) for each in findings if each["error"] == "audit-terms"] == [(1, "audit-terms")]
    assert any("mode volume, the license is for counted" in json.dumps(each) for each in findings)
    counted.invent()
    assert "audit-terms" in {each["error"] for each in audit_of(world, desk, counted, expect=4)["findings"]}


def test_the_line_that_says_the_kind_cannot_be_put_in_or_taken_out_on_the_way(world, desk):
    host = world.make_host(desk, seats=1, mode=COUNTED)
    world.license(desk, host, output="volume.license")
    between = Between(world, world.serve(host))
    for name, mode in ("one", COUNTED), ("two", VOLUME):
        world.make_machine(desk, name, between.address, mode=mode)
        between.changes["/v1/activate"] = (
            lambda body: body.replace(b"mode counted\n", b"") if b"mode counted\n" in body
            else body.replace(b"edition pro\n", b"edition pro\nmode counted\n"))
        said = world.aval(name, "activate", expect=3)
        assert "request-refused" in said.stdout + said.stderr
        between.changes.clear()
        world.aval(name, "activate")
    assert audit_at(world, desk, host)["findings"] == []


def test_a_counted_lease_kept_after_its_release_is_seen_by_the_audit_and_ends_with_the_quota(world, desk):
    """Its owner has the machine's key, and a copy of the folder: nobody keeps him from it. What he can do so is bounded by
    the releases that the license allows, and each is in the true-up."""
    host = world.make_host(desk, seats=2, extra=["--releases", 1], mode=COUNTED)
    address = world.serve(host)
    for name in "one", "two":
        world.make_machine(desk, name, address, mode=COUNTED)
        world.aval(name, "activate")
        shutil.copytree(world.home / name, world.home / f"copy-of-{name}", symlinks=True)
        world.aval(name, "release")
        assert json.loads(world.run_status(f"copy-of-{name}"))["state"] == "licensed"
        assert json.loads(world.run_status(name))["state"] != "licensed"
    world.make_machine(desk, "three", address, mode=COUNTED)
    world.aval("three", "activate")
    world.make_machine(desk, "four", address, mode=COUNTED)
    assert "no-seats" in world.aval("four", "activate", expect=11).stderr
    world.aval("copy-of-one", "renew", "--force", expect=11)
    rows = audit_at(world, desk, host)
    assert rows["findings"] == []
    assert [(row["peak"], row["outstanding"], row["seats"]) for row in rows["true_up"]] == [(2, 3, 2)]


def test_a_recorded_request_of_a_counted_key_draws_no_seat_after_the_release(world, desk):
    host = world.make_host(desk, seats=1, mode=COUNTED)
    between = Between(world, world.serve(host))
    world.make_machine(desk, "victim", between.address, mode=COUNTED)
    world.aval("victim", "activate")
    recorded = between.last("/v1/activate")
    assert field(recorded.decode(), "mode") == "counted"
    world.aval("victim", "release")
    status, body = send(between.host, "POST", "/v1/activate", recorded)
    assert (status, code_of(body)) == (409, "number-used")
    world.make_machine(desk, "other", between.address, mode=COUNTED)
    world.aval("other", "activate")
    row, = audit_at(world, desk, host)["true_up"]
    assert (row["peak"], row["machines"]) == (1, 2)


def test_a_stranger_who_knows_both_keys_counts_under_neither_threshold(world, desk):
    """Counted keys are no way to reach a threshold with machines that need no threshold."""
    host = world.make_host(desk, seats=5, extra=["--threshold", "3"], mode=())
    address = world.serve(host)
    key = independent.SigningKey.parse(world.host_secret(host))
    for number in range(4):
        machine = independent.MachineKey(bytes([number]) * 32)
        text = independent.request_text(machine.verifier, key.verifier, 1, moment(), independent.empty_seen(key), VENDOR, "studio",
                                        "pro", counted=True)
        status, body = send(address, "POST", "/v1/activate", machine.sign(text))
        assert (status, code_of(body)) == (409, "volume-only")
    world.make_machine(desk, "machine", address)
    assert "1 of the 3" in world.aval("machine", "activate", expect=10).stderr


@pytest.mark.parametrize("weak", [False, True])
def test_no_seat_is_had_again_by_leaving_it_for_a_shorter_lease_under_another_license(world, desk, weak):
    """Each machine takes the counted seat until the license's end, then asks with the volume key for a lease of a day, and
    gives that back, of which any number may be. Where the counted license lets as many come back, they all get one."""
    host = world.make_host(desk, seats=1, mode=COUNTED, extra=["--releases", 100 if weak else 1])
    world.license(desk, host, seats=10, extra=["--lease", "1d", "--renew", "12h"], output="volume.license")
    address = world.serve(host)
    got = []
    for name in "one", "two", "three", "four":
        world.make_machine(desk, name, address, mode=COUNTED)
        got.append(world.run_any(world.program, "--state", world.home / name, "activate") == 0)
        if not got[-1]:
            continue
        world.aval(name, "key", "install", world.product_key(desk))
        world.aval(name, "activate")
        world.aval(name, "release")
    assert got == ([True] * 4 if weak else [True, True, False, False])
    report = audit_at(world, desk, host)
    assert report["findings"] == []
    world.run(world.build / "src" / "programs" / "avalctl", "ledger", "verify", "--data", host)
