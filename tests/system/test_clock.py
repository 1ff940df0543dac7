"""A host whose clock was wrong: what it holds up, and whom it does not."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hosting import VENDOR, Desk, Machine, denial_code, machine_id

OTHER = "other.example"


class Clock:
    """The wall clock of a program that is started with `prefix`; it may be changed while that runs. Its monotonic clock
    is the system's."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set_days(0)
        library = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))[0]
        self.prefix = ["env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={self.file}", "FAKETIME_NO_CACHE=1",
                       "FAKETIME_DONT_FAKE_MONOTONIC=1"]

    def set_days(self, days):
        """That far ahead of the system's."""
        replacement = self.file.with_suffix(".new")
        replacement.write_text(f"+{days}d\n")
        replacement.replace(self.file)

    @staticmethod
    def in_days(days):
        return datetime.now(timezone.utc) + timedelta(days=days)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def two_vendors(host, desk, build, run, tmp_path):
    """A host with a license of each of two vendors, stopped."""
    other = Desk(build, run, tmp_path, OTHER)
    host.set_up(desk)
    host.enroll(other)
    host.avald("import", desk.license(host.request_file(), "pro.license"))
    host.avald("import", other.license(host.request_file(OTHER), "other.license"))
    return host


@pytest.fixture
def hundred_days(two_vendors, clock):
    """The same, serving: its clock was 100 days ahead for one request of VENDOR's, and is right again."""
    two_vendors.start(prefix=clock.prefix)
    clock.set_days(100)
    status, body = two_vendors.activate(machine_id(1), when=clock.in_days(100))
    assert status == 200, body
    clock.set_days(0)
    return two_vendors


def standings(host):
    return {ledger["vendor"]: ledger["trouble"] for ledger in host.json("status")["ledgers"]}


def test_a_clock_that_was_ahead_holds_up_that_vendor_and_says_whose_fault_it_is(hundred_days):
    status, body = hundred_days.activate(machine_id(2))
    assert (status, denial_code(body)) == (503, "host-clock")
    assert "nothing is wrong with this machine" in body and "clock-apart" not in body
    assert hundred_days.json("denials")["denials"][0]["code"] == "host-clock"


def test_the_machines_of_other_vendors_renew_meanwhile(hundred_days):
    for nonce in 1, 2:
        status, body = hundred_days.activate(machine_id(3), vendor=OTHER, nonce=nonce)
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
    assert "event=ledger-stands" in hundred_days.log() and "reason=host-clock" in hundred_days.log()
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
    assert "event=ledger-stands" in hundred_days.log()
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
    said = machine.activate(expect=18)
    assert "host-clock" in said.stdout + said.stderr and "nothing is wrong with this machine" in said.stdout + said.stderr
