"""Several licenses for one product and edition, and those that replace others, at the host, its machines and the audit."""

import json

import pytest
from clocks import Clock
from hosting import VENDOR, Machine, denial_code, machine_id
from independent import SigningKey, open_note
from vendor_desk import shift

SEATS, NO_LICENSE = 11, 14
LATER = "2090-12-31"


def id_of(desk, license):
    return json.loads(desk.run("inspect", license, "--json").stdout)["license"]


def licensed_under(machine):
    return machine.status()["lease"]["license"]


def rows(host):
    return {row["id"]: row for row in host.json("licenses")["licenses"]}


def figures(host, license):
    row = rows(host)[license]
    return row["count"], row["held"]


def renew_license(desk, old, *options, name="new.license"):
    """Returns the file and the id."""
    output = desk.folder / name
    said = desk.run("renew", old, "--until", LATER, "--output", output, "--json", *options)
    return output, json.loads(said.stdout)["license"]


def take_in(host, license):
    host.avald("import", license)
    host.ctl("reload")


def export(host, path):
    path.unlink(missing_ok=True)
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", path)
    return path


def audited(desk, host, path):
    return json.loads(desk.run("audit", export(host, path), "--json").stdout)


@pytest.fixture
def machines(build, run, tmp_path, desk, host):
    """machines(N): N more of them."""
    made = []

    def make(count):
        more = [Machine(build, run, tmp_path / f"machine-{len(made) + i}", desk, host) for i in range(count)]
        made.extend(more)
        return more
    return make


@pytest.fixture
def old(desk, host):
    """The id of a license with 3 seats and leases of 180 days, in force and imported; the host serves."""
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", seats=3)
    host.avald("import", file)
    host.start()
    return id_of(desk, file)


# Several at once


def test_a_machine_goes_over_to_the_license_that_ends_last_and_takes_its_seat_along(desk, host, machines, old, tmp_path):
    one, two, three = machines(3)
    for machine in (one, two):
        machine.activate()
    longer = desk.license(host.request_file(), "longer.license", seats=1, extra=["--until", LATER])
    take_in(host, longer)
    new = id_of(desk, longer)
    for machine in (one, two):
        assert licensed_under(machine) == old
        machine.aval("renew", "--force")
    # One seat: the first has it, the second stays where it was.
    assert (licensed_under(one), licensed_under(two)) == (new, old)
    assert (rows(host)[old]["held"], rows(host)[new]["held"]) == (1, 1)
    three.activate()
    assert licensed_under(three) == old
    one.aval("release")
    two.aval("renew", "--force")
    assert licensed_under(two) == new
    report = audited(desk, host, tmp_path / "export")
    assert report["findings"] == [] and report["verdict"] == "clean"
    billed = {row["license"]: row["peak"] for row in report["true_up"]}
    assert billed == {old: 2, new: 1}


def test_the_running_lease_stays_where_the_longer_license_has_shorter_leases(desk, host, machines, old):
    [machine] = machines(1)
    machine.activate()
    before = machine.status()["lease"]
    take_in(host, desk.license(host.request_file(), "short.license", extra=["--until", LATER, "--lease", "1d", "--renew", "1h"]))
    machine.aval("renew", "--force")
    after = machine.status()["lease"]
    assert after["license"] == old and after["expires"] >= before["expires"]


# One that replaces another


def test_a_license_imported_early_takes_over_on_its_first_day(build, desk, host, machines, tmp_path):
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", threshold=2, seats=3, extra=["--until", shift(days=40)])
    host.avald("import", file)
    old = id_of(desk, file)
    clock = Clock(tmp_path)
    host.start(prefix=clock.prefix)
    one, two, three = machines(3)

    def ask(machine, *args, **kwargs):
        return machine.run("env", *clock.prefix[1:], machine.program, "--state", machine.folder, *args, **kwargs)

    for machine in (one, two, three):
        machine.aval("host", "set", f"127.0.0.1:{host.port}")
    ask(one, "activate", expect=10)
    for machine in (two, one):
        ask(machine, "activate")
    file, new = renew_license(desk, old, "--from", shift(days=30), "--seats", 2)
    take_in(host, file)
    row = rows(host)[old]
    assert (row["state"], row["replaced_by"], row["held"]) == ("in-force", new, 2) and row["replaced_from"]
    assert f"then {new}" in host.ctl("licenses").stdout
    ask(one, "renew", "--force")
    assert json.loads(ask(one, "status", "--json").stdout)["lease"]["license"] == old  # not begun: nothing has changed
    clock.set_days(31)
    # Nobody has asked since: machines, count and seats are the new one's all the same.
    assert rows(host)[old]["state"] == "replaced" and figures(host, old) == (0, 0) and rows(host)[new]["held"] == 2
    assert f"replaced by {new}" in host.ctl("status").stdout
    ask(three, "activate", expect=10)  # those that asked 31 days ago do not count any more
    ask(two, "renew", "--force")
    ask(three, "activate", expect=SEATS)
    assert json.loads(ask(two, "status", "--json").stdout)["lease"]["license"] == new
    assert rows(host)[new]["held"] == 2
    ask(one, "release")  # of its lease under the old one
    assert rows(host)[new]["held"] == 1
    ask(three, "activate")
    assert json.loads(ask(three, "status", "--json").stdout)["lease"]["license"] == new
    path = export(host, tmp_path / "export")
    report = json.loads(
        desk.run_it("env", *clock.prefix[1:], desk.program, "--desk", desk.path, "audit", path, "--json").stdout)
    assert report["findings"] == [], report
    months = {}
    for row in report["true_up"]:
        months.setdefault(row["license"], []).append((row["month"], row["peak"]))
    assert [peak for _, peak in months[new]] and max(peak for _, peak in months[new]) == 2


def test_count_and_seats_move_at_once_where_it_begins_now(desk, host, machines, tmp_path):
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", threshold=2, seats=3)
    host.avald("import", file)
    host.start()
    old = id_of(desk, file)
    one, two, three = machines(3)
    one.activate(expect=10)
    two.activate()
    one.activate()
    file, new = renew_license(desk, old)
    take_in(host, file)
    assert (figures(host, old), figures(host, new)) == ((0, 0), (2, 2))
    three.activate()
    assert licensed_under(three) == new and figures(host, new) == (3, 3)
    one.aval("renew", "--force")
    assert licensed_under(one) == new and (figures(host, old), figures(host, new)) == ((0, 0), (3, 3))
    two.aval("release")
    assert figures(host, new)[1] == 2
    assert audited(desk, host, tmp_path / "export")["findings"] == []


def test_a_machine_that_waits_is_counted_once_by_the_license_that_follows(desk, host, tmp_path):
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", threshold=4, seats=5, extra=["--until", shift(days=40)])
    host.avald("import", file)
    clock = Clock(tmp_path)
    host.start(prefix=clock.prefix)
    file, new = renew_license(desk, id_of(desk, file), "--from", shift(days=10))
    take_in(host, file)
    for machine in (1, 2):
        assert denial_code(host.activate(machine_id(machine))[1]) == "below-threshold"
    assert rows(host)[new]["count"] == 0  # it has not begun
    clock.set_days(11)
    assert figures(host, new) == (2, 0)
    assert denial_code(host.activate(machine_id(3), when=clock.in_days(11))[1]) == "below-threshold"
    assert host.activate(machine_id(4), when=clock.in_days(11))[0] == 200


def test_a_machine_that_asked_under_two_licenses_is_counted_once_by_the_one_that_replaces_both(desk, host):
    host.set_up(desk)
    files = [desk.license(host.request_file(), f"{name}.license", threshold=4, seats=5) for name in ("one", "other")]
    for file in files:
        host.avald("import", file)
    host.start()
    for machine in (1, 2):
        assert denial_code(host.activate(machine_id(machine))[1]) == "below-threshold"
    both = [option for file in files for option in ("--replaces", id_of(desk, file))]
    file = desk.license(host.request_file(), "both.license", threshold=4, seats=10, extra=both)
    take_in(host, file)
    assert figures(host, id_of(desk, file)) == (2, 0)
    assert denial_code(host.activate(machine_id(3))[1]) == "below-threshold"
    assert "3 of the 4" in host.ctl("why", machine_id(3)).stdout
    assert host.activate(machine_id(4))[0] == 200


def test_renewals_wait_where_more_machines_hold_seats_than_there_are(desk, host, machines, old, tmp_path):
    some = machines(3)
    for machine in some:
        machine.activate()
    file, new = renew_license(desk, old, "--seats", 2)
    take_in(host, file)
    assert figures(host, new) == (3, 3)
    for machine in some:
        machine.aval("renew", "--force", expect=SEATS)
        assert machine.status()["state"] == "licensed" and licensed_under(machine) == old
    assert audited(desk, host, tmp_path / "export")["findings"] == []
    some[0].aval("release")
    some[1].aval("renew", "--force")
    assert licensed_under(some[1]) == new and rows(host)[new]["held"] == 2
    some[0].activate(expect=SEATS)
    assert audited(desk, host, tmp_path / "export")["findings"] == []


def test_seats_come_back_as_the_license_of_the_lease_allows_and_one_that_does_not_yet_goes_along(desk, host, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", seats=2, extra=["--releases", 0, "--reclaims", 1])
    host.avald("import", file)
    old = id_of(desk, file)
    host.start(prefix=clock.prefix)
    one, two, three, four = (machine_id(number) for number in range(4))
    host.activate_many([two])
    assert host.activate(one, digests=2)[0] == 200
    file, new = renew_license(desk, old)
    take_in(host, file)
    assert host.release(one, old)[0] == 200
    assert host.activate(one, number=3, digests=1)[0] == 200  # for a day
    assert figures(host, new)[1] == 2 and figures(host, old) == (0, 0)
    assert host.json("reclaim", two, "--yes")["outcome"] == "free"
    assert host.activate(three)[0] == 200
    clock.set_days(2)
    assert figures(host, new)[1] == 2  # the lease of a day has ended; the seat is that of the one before
    assert denial_code(host.activate(four, when=clock.in_days(2))[1]) == "no-seats"
    assert host.json("reclaim", three, "--yes")["outcome"] == "free"  # the new one's first
    assert host.activate(four, number=2, when=clock.in_days(2))[0] == 200
    host.ctl("ledger", "verify")
    done = desk.run("audit", export(host, tmp_path / "export"), "--json", env=clock.environment)
    assert json.loads(done.stdout)["findings"] == []


def test_a_chain_is_followed_by_a_host_that_never_had_the_middle_of_it(desk, host, machines, old, tmp_path):
    one, two = machines(2)
    one.activate()
    two.activate()
    _, middle = renew_license(desk, old, name="middle.license")
    file, new = renew_license(desk, middle, name="new.license")
    take_in(host, file)
    assert figures(host, new) == (2, 2) and figures(host, old) == (0, 0)
    one.aval("renew", "--force")
    assert licensed_under(one) == new and figures(host, new) == (2, 2)
    (host.data / "vendors" / VENDOR / "licenses" / old).unlink()
    host.ctl("reload")
    assert figures(host, new) == (2, 2) and old not in rows(host)
    assert audited(desk, host, tmp_path / "export")["findings"] == []


def test_what_is_revoked_replaces_nothing(desk, host, machines, old):
    [machine] = machines(1)
    machine.activate()
    file, new = renew_license(desk, old)
    take_in(host, file)
    assert rows(host)[old]["state"] == "replaced"
    take_in(host, desk.revoke(new, name="list"))
    assert rows(host)[old]["state"] == "in-force" and figures(host, old) == (1, 1)
    machine.aval("renew", "--force")
    assert licensed_under(machine) == old


def test_a_license_of_another_customer_or_that_was_issued_earlier_replaces_nothing(desk, host, machines, old):
    [machine] = machines(1)
    machine.activate()
    # As the vendor's key could sign it, though the desk would not.
    key = SigningKey.parse((desk.path / "vendor.key").read_text())
    other = desk.license(host.request_file(), "other.license", extra=["--customer", "Somebody Else", "--until", LATER])
    text = open_note(other.read_bytes(), key.verifier)
    for number, changed in enumerate((text, text.replace("customer Somebody Else", "customer University of Example").replace(
            next(line for line in text.splitlines() if line.startswith("issued ")), "issued 2020-01-01T00:00:00Z"))):
        own = next(line for line in changed.splitlines() if line.startswith("license ")).split()[1]
        changed = changed.replace(f"license {own}\n", f"license {own[:-1]}{number}\n").replace("feature export\n", f"replaces {old}\nfeature export\n")
        path = desk.folder / f"forged-{number}.license"
        path.write_text(key.sign(changed))
        take_in(host, path)
    assert rows(host)[old]["state"] == "in-force" and rows(host)[old]["replaced_by"] == ""


# One that ends


def ends_in_log(host):
    return [line for line in host.log().splitlines() if "license-ends" in line]


def test_a_license_that_ends_and_that_nothing_replaces_is_said_in_status_log_and_at_the_machine(desk, host, machines, tmp_path):
    host.set_up(desk)
    file = desk.license(host.request_file(), "old.license", extra=["--until", shift(days=70)])
    host.avald("import", file)
    old = id_of(desk, file)
    clock = Clock(tmp_path)
    host.start(prefix=clock.prefix)
    [machine] = machines(1)

    def ask(*args, **kwargs):
        return machine.run("env", *clock.prefix[1:], machine.program, "--state", machine.folder, *args, **kwargs)

    machine.activate()
    assert "nothing replaces it" not in host.ctl("status").stdout and not ends_in_log(host)
    assert "License ends" not in machine.aval("status").stdout
    assert machine.status()["lease"]["license_ends"]
    for day, within, times in ((11, 60, 1), (12, 60, 1), (41, 30, 2), (64, 7, 3)):
        clock.set_days(day)
        ask("renew", "--force")
        host.wait_for(lambda: len(ends_in_log(host)) >= times)  # noqa: B023
        assert len(ends_in_log(host)) == times and f"within_days={within}" in ends_in_log(host)[-1]
        said = host.ctl("licenses").stdout
        assert f"License {old} for studio pro ends on" in said and "held: 1." in said
        assert "License ends" in ask("status").stdout
    file, new = renew_license(desk, old)
    take_in(host, file)
    assert "nothing replaces it" not in host.ctl("status").stdout
    assert host.json("status")["licenses"]
    ask("renew", "--force")
    assert "License ends" not in ask("status").stdout and len(ends_in_log(host)) == 3


def test_a_license_beside_it_with_as_many_seats_follows_it_too(desk, host):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), "old.license", seats=3, extra=["--until", shift(days=20)]))
    host.start()
    assert "nothing replaces it" in host.ctl("status").stdout
    take_in(host, desk.license(host.request_file(), "few.license", seats=2))
    assert "nothing replaces it" in host.ctl("status").stdout
    take_in(host, desk.license(host.request_file(), "enough.license", seats=3))
    assert "nothing replaces it" not in host.ctl("status").stdout


# Seats beyond those bought


def test_the_overage_is_shown_before_and_while_it_is_used(desk, host):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=10, extra=["--overage", 2]))
    host.start()
    for held, words in ((8, None), (9, "billed: 1."), (10, "billed: 0."), (11, "bought: 1 of 2."), (12, "bought: 2 of 2.")):
        host.activate_many([machine_id(number) for number in range(held)])
        [row] = host.json("licenses")["licenses"]
        assert (row["held"], row["overage"], row["overage_used"]) == (held, 2, max(0, held - 10))
        for said in (host.ctl("licenses").stdout, host.ctl("status").stdout):
            assert (words in said) if words else ("billed" not in said and "bought" not in said)


def test_why_counts_what_the_new_license_has_of_the_one_before(desk, host):
    """Nobody has asked since it took the place: the two that hold seats hold its seats, and count for its threshold."""
    host.set_up(desk)
    old = desk.license(host.request_file(), "old.license", threshold=2, seats=2)
    host.avald("import", old)
    host.start()
    statuses = [host.activate(machine_id(machine), number=number)[0] for machine, number in ((1, 1), (2, 1), (1, 2), (3, 1))]
    assert statuses == [409, 200, 200, 409]
    new, license = renew_license(desk, id_of(desk, old))
    take_in(host, new)
    assert rows(host)[license]["state"] == "in-force" and figures(host, license) == (3, 2)
    holder, waiting = (host.json("why", machine_id(machine)) for machine in (1, 3))
    assert holder["license"] == waiting["license"] == license
    assert holder["code"] == "ok" and "has a lease until" in holder["sentence"]
    assert waiting["code"] == "no-seats" and "2 machines hold the 2 seats" in waiting["sentence"]
