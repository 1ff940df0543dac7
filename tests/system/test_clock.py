"""A host whose clock was wrong: what it holds up, and whom it does not."""

import json
import shutil

import pytest
from clocks import Clock
from hosting import HOST, OTHER, VENDOR, Machine, denial_code, machine_id

USAGE, CONFLICT, BUSY = 2, 6, 18


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def hundred_days(two_vendors, clock):
    """The same, serving: its clock was 100 days ahead for one request of VENDOR's, and is right again."""
    two_vendors.start(prefix=clock.prefix)
    clock.set_days(100)
    status, body = two_vendors.activate(machine_id(1), when=clock.in_days(100))
    assert status == 200, body
    clock.set_days(0)
    return two_vendors


def test_a_program_under_another_clock_begins_however_long_its_path(build, run, clock, tmp_path):
    """It is the tests' own means: as clocks.py first was, a sanitized program hung at some lengths."""
    for length in range(1, 129, 16):
        link = tmp_path / ("x" * length)
        link.symlink_to(build / "src/programs/avalctl")
        assert "avalctl" in run(link, "version", env=clock.environment, timeout=20).stdout


def standings(host):
    return {ledger["vendor"]: ledger["trouble"] for ledger in host.json("status")["ledgers"]}


def test_a_clock_that_was_ahead_holds_up_that_vendor_and_says_whose_fault_it_is(hundred_days):
    status, body = hundred_days.activate(machine_id(2))
    assert (status, denial_code(body)) == (503, "host-clock")
    assert "nothing is wrong with this machine" in body and "clock-apart" not in body
    assert hundred_days.json("denials")["denials"][0]["code"] == "host-clock"


def test_the_machines_of_other_vendors_renew_meanwhile(hundred_days):
    for number in 1, 2:
        status, body = hundred_days.activate(machine_id(3), vendor=OTHER, number=number)
        assert status == 200, body
    assert standings(hundred_days) == {VENDOR: "host-clock", OTHER: ""}


def test_status_names_the_ledger_both_times_and_the_way_out(hundred_days):
    said = " ".join(hundred_days.ctl("status").stdout.split())
    assert "Trouble: host-clock" in said and "Trouble: none" not in said
    assert f"{VENDOR}: host-clock: the newest leaf of its ledger is of" in said and "ahead of this host's clock" in said
    assert f"avald recover --clock --vendor {VENDOR}" in said
    assert f"{OTHER}: host-clock" not in said
    status = hundred_days.json("status")
    ledger = next(each for each in status["ledgers"] if each["vendor"] == VENDOR)
    assert status["trouble"] == "host-clock"
    assert 99 * 86400 < ledger["newest"] - status["now"] < 101 * 86400


def test_log_and_readiness_say_it_and_health_does_not(hundred_days):
    hundred_days.activate(machine_id(2))
    hundred_days.logs("event=ledger-stands", "reason=host-clock")
    assert hundred_days.ask("GET", "/readyz") == (503, f"host-clock {VENDOR}\n")
    assert hundred_days.ask("GET", "/healthz") == (200, "ok\n")


def test_a_host_is_ready_where_all_its_ledgers_are(two_vendors):
    two_vendors.start()
    assert two_vendors.ask("GET", "/readyz") == (200, "ok\n")
    assert two_vendors.activate(machine_id(1))[0] == 200
    assert two_vendors.ask("GET", "/readyz") == (200, "ok\n")


def test_a_host_that_starts_with_such_a_ledger_serves_the_others(hundred_days, clock):
    hundred_days.stop()
    hundred_days.start(prefix=clock.prefix)
    hundred_days.logs("event=ledger-stands")
    assert denial_code(hundred_days.activate(machine_id(2))[1]) == "host-clock"
    assert hundred_days.activate(machine_id(2), vendor=OTHER)[0] == 200


def test_the_ledger_goes_on_by_itself_once_the_clock_has_caught_up(hundred_days, clock):
    assert hundred_days.activate(machine_id(2))[0] == 503
    clock.set_days(101)
    status, body = hundred_days.activate(machine_id(2), when=clock.in_days(101))
    assert status == 200, body
    assert standings(hundred_days)[VENDOR] == ""
    hundred_days.wait_for(lambda: "event=ledger-goes-on" in hundred_days.log())


def test_a_real_machine_is_told_that_the_host_is_at_fault(hundred_days, desk, build, run, tmp_path):
    machine = Machine(build, run, tmp_path / "machine", desk, hundred_days)
    said = machine.activate(expect=BUSY)
    assert "host-clock" in said.stdout + said.stderr and "nothing is wrong with this machine" in said.stdout + said.stderr


# The way out


def recover(host, *args, **kwargs):
    host.stop()
    return host.avald("recover", "--clock", *args, **kwargs)


def test_recover_shows_both_times_and_does_nothing_unless_told_to(hundred_days):
    said = recover(hundred_days, expect=USAGE)
    assert f"{VENDOR}: the newest leaf of {HOST}/{VENDOR} is of" in said.stdout and OTHER not in said.stdout
    assert "avald recover --clock --yes" in said.stderr
    hundred_days.start()
    assert standings(hundred_days)[VENDOR] == "host-clock"


def test_recover_is_refused_where_no_ledger_is_ahead(two_vendors):
    two_vendors.start()
    assert two_vendors.activate(machine_id(1))[0] == 200
    said = recover(two_vendors, "--yes", expect=CONFLICT)
    assert "nothing-lost" in said.stderr and "four hours ahead" in said.stderr


def test_a_ledger_that_is_ahead_is_not_taken_for_a_lost_one(hundred_days):
    hundred_days.stop()
    assert "nothing-lost" in hundred_days.avald("recover", "--yes", expect=CONFLICT).stderr


def test_what_a_ledger_lost_comes_before_its_clock(hundred_days, clock, tmp_path):
    hundred_days.stop()
    old = tmp_path / "old.db"
    shutil.copy(hundred_days.data / "avald.db", old)
    clock.set_days(100)
    hundred_days.start(prefix=clock.prefix)
    assert hundred_days.activate(machine_id(2), when=clock.in_days(100))[0] == 200
    hundred_days.stop()
    for log in hundred_days.data.glob("avald.db-*"):
        log.unlink()
    shutil.copy(old, hundred_days.data / "avald.db")
    said = hundred_days.avald("recover", "--clock", "--yes", expect=CONFLICT)
    assert "store-rolled-back" in said.stderr and "began" not in said.stdout
    assert f"{VENDOR}: began the ledger" in hundred_days.avald("recover", "--yes").stdout
    hundred_days.start()
    assert standings(hundred_days)[VENDOR] == "", "the epoch that says what was lost has the right time too"


def test_after_it_machines_renew_by_themselves_and_hold_nothing_against_the_host(two_vendors, clock, desk, build, run,
                                                                                tmp_path):
    host = two_vendors
    host.start(prefix=clock.prefix)
    early, late = (Machine(build, run, tmp_path / name, desk, host) for name in ("early", "late"))
    early.activate()
    clock.set_days(100)
    late.activate(env=clock.environment)  # its own clock is as wrong as the host's
    clock.set_days(0)
    assert "host-clock" in early.activate(expect=BUSY).stderr
    said = recover(host, "--vendor", VENDOR, "--yes")
    assert f"{VENDOR}: began the ledger {HOST}/{VENDOR}/epoch-" in said.stdout
    host.start()
    assert standings(host) == {VENDOR: "", OTHER: ""}
    assert host.ask("GET", "/readyz") == (200, "ok\n")
    epoch = int(next(each["origin"] for each in host.json("status")["ledgers"] if each["vendor"] == VENDOR)
                .rpartition("-")[2])
    for machine in early, late:
        machine.activate()
        status = machine.status()
        assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] == epoch
        assert json.loads(machine.aval("evidence", "--json").stdout) == []
    host.ctl("ledger", "verify")


def test_the_first_leaf_of_the_new_epoch_says_that_it_was_the_clock(hundred_days, tmp_path):
    recover(hundred_days, "--yes")
    hundred_days.start()
    output = tmp_path / "export"
    hundred_days.ctl("ledger", "export", "--vendor", VENDOR, "--output", output)
    text = output.read_bytes()
    beginning = text[text.index(b"aval epoch v1\n"):].split(b"\n\n")[0].decode()
    assert "\nwhy clock\n" in beginning and f"\nprevious {HOST}/{VENDOR}\n" in beginning
    assert "\nsize 1\n" in beginning and "\nfound 1\n" in beginning


def test_a_ledger_whose_clock_goes_wrong_again_begins_a_higher_epoch(hundred_days, clock):
    recover(hundred_days, "--yes")
    hundred_days.start(prefix=clock.prefix)
    clock.set_days(50)
    assert hundred_days.activate(machine_id(2), when=clock.in_days(50))[0] == 200
    hundred_days.stop()
    clock.set_days(0)
    epoch = int(hundred_days.avald("recover", "--clock", "--yes").stdout.rpartition("/epoch-")[2])
    files = [path.name for path in (hundred_days.data / "signer").glob(f"{VENDOR}+*.state")]
    assert len(files) == 2 and f"{VENDOR}+{epoch}.state" == max(files)


def test_a_lease_given_while_the_clock_was_ahead_holds_its_seat_until_it_ends_and_the_audit_agrees(
        host, desk, clock, tmp_path):
    """One seat; the lease lasts 10 days, so that of the machine's two leases the one by the wrong clock ends later."""
    host.set_up(desk)
    terms = desk.license(host.request_file(), seats=1, extra=("--lease", "10d"))
    host.avald("import", terms)
    host.start(prefix=clock.prefix)
    clock.set_days(100)
    assert host.activate(machine_id(1), when=clock.in_days(100))[0] == 200
    clock.set_days(0)
    exports = [tmp_path / f"export-{number}" for number in range(2)]
    host.ctl("ledger", "export", "--output", exports[0])
    recover(host, "--yes")
    host.start(prefix=clock.prefix)
    assert host.activate(machine_id(1), number=2)[0] == 200
    clock.set_days(8)
    assert host.activate(machine_id(1), number=3, when=clock.in_days(8))[0] == 200, "it is renewed by its own lease"
    clock.set_days(30)
    status, body = host.activate(machine_id(2), when=clock.in_days(30))
    assert (status, denial_code(body)) == (409, "no-seats"), "though the machine's last lease has ended"
    clock.set_days(111)
    assert host.activate(machine_id(3), when=clock.in_days(111))[0] == 200
    host.ctl("ledger", "verify")
    host.ctl("ledger", "export", "--output", exports[1])
    report = json.loads(desk.run("audit", *exports, "--json").stdout)
    assert report["verdict"] == "clean" and report["finding_count"] == 0
    first, second = report["exports"]
    assert (first["ahead"], second["ahead"]) == (1, 2) and second["set_back_from"] == first["ahead_until"]


def test_what_is_given_back_before_the_date_of_its_lease_verifies(host, desk, clock, tmp_path):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=1))
    host.start(prefix=clock.prefix)
    clock.set_days(100)
    assert host.activate(machine_id(1), when=clock.in_days(100))[0] == 200
    clock.set_days(0)
    first, second = (tmp_path / f"export-{number}" for number in range(2))
    host.ctl("ledger", "export", "--output", first)
    recover(host, "--yes")
    host.start()
    status, body = host.release(machine_id(1), host.json("licenses")["licenses"][0]["id"])
    assert status == 200, body
    assert host.activate(machine_id(2))[0] == 200, "the seat is free at once"
    host.ctl("ledger", "verify")
    host.ctl("ledger", "export", "--output", second)
    assert json.loads(desk.run("audit", first, second, "--json").stdout)["verdict"] == "clean"


# A clock that machines outvote


def ask_with(host, numbers, when=None):
    return [denial_code(body) if status != 200 else "granted"
            for status, body in (host.activate(machine_id(number), when=when) for number in numbers)]


def test_a_host_that_most_machines_disagree_with_says_so_until_its_clock_is_right(two_vendors, clock):
    host = two_vendors.start(prefix=clock.prefix)
    assert ask_with(host, range(3)) == ["granted"] * 3
    clock.set_days(2)
    assert ask_with(host, range(3, 5)) == ["clock-apart"] * 2
    said = " ".join(host.ctl("status").stdout.split())
    assert "probably this host's clock" in said, "all five, the first three of which have not asked since"
    status = host.json("status")
    assert (status["clocks_heard"], status["clocks_apart"]) == (5, 5)
    host.logs("event=clock-disagrees")
    assert host.log().count("event=clock-disagrees") == 1
    clock.set_days(0)
    host.wait_for(lambda: "event=clock-agrees" in host.log())
    assert "probably this host's clock" not in " ".join(host.ctl("status").stdout.split())


def test_four_machines_or_a_minority_outvote_nobody(two_vendors, clock):
    host = two_vendors.start(prefix=clock.prefix)
    yesterday = clock.in_days(-1)
    assert ask_with(host, range(4), yesterday) == ["clock-apart"] * 4
    assert "clock-disagrees" not in host.log()
    host.stop()
    host.start(prefix=clock.prefix)  # it begins to count anew
    assert ask_with(host, range(4, 8)) == ["granted"] * 4
    assert ask_with(host, range(10, 14), yesterday) == ["clock-apart"] * 4
    assert "clock-disagrees" not in host.log()
    assert ask_with(host, [8], yesterday) == ["clock-apart"]
    host.wait_for(lambda: "event=clock-disagrees" in host.log() and "machines=9 apart=5" in host.log())
