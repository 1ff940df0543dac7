"""Rows of machines that are of no more use go, and no others: by the real programs, whose clock goes on by days."""

import pytest
from clocks import Clock
from hosting import denial_code, machine_id

GONE, HOLDS, BLOCKED, RENEWS = (machine_id(f"forgotten {name}") for name in ("gone", "holds", "blocked", "renews"))


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def served(host, desk, clock):
    """Two machines that have had a seat and given it back, of which one is blocked; two that have one."""
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=10, extra=["--lease", "40d"]))
    host.start(prefix=clock.prefix)
    assert host.activate_many([GONE, HOLDS, BLOCKED, RENEWS]) == [200] * 4
    name = host.json("status")["licenses"][0]["id"]
    assert [host.release(machine, name)[0] for machine in (GONE, BLOCKED)] == [200, 200]
    host.ctl("block", BLOCKED, "--reason", "lost")
    return host


class Days:
    """RENEWS asks on each of them, and HOLDS once in a month."""

    def __init__(self, host, clock):
        self.host, self.clock, self.number = host, clock, 10

    def pass_to(self, day, machine=RENEWS):
        self.clock.set_days(day)
        self.number += 1
        status, body = self.host.activate(machine, number=self.number, when=self.clock.in_days(day))
        assert status == 200, body


def known(host):
    return {row["machine"] for row in host.json("machines")["machines"]}


def test_a_machine_is_forgotten_when_it_is_of_no_more_use(served, clock):
    """30 days after its lease would have ended, which it gave back; and by the time of the leaf before the last."""
    days = Days(served, clock)
    for day in range(7, 70, 7):
        days.pass_to(day)
        days.pass_to(day + 0.1, HOLDS)
    days.pass_to(69)
    assert known(served) == {GONE, HOLDS, BLOCKED, RENEWS}
    for day, newcomers in (70.5, 5), (72, 15), (73.5, 40):
        days.pass_to(day)
        # Most machines are to agree with the host's clock. Those of the days before do not: it is the wall clock alone
        # that is changed, and by the other one no time has passed.
        for other in range(newcomers):
            machine = machine_id(f"newcomer {day} {other}")
            assert denial_code(served.activate(machine, when=clock.in_days(day), edition="none")[1]) == "no-license"
    served.wait_for(lambda: known(served) == {HOLDS, BLOCKED, RENEWS})
    served.logs("machines-forgotten")
    license = served.json("status")["licenses"][0]
    assert (license["count"], license["held"]) == (2, 2)
    served.ctl("ledger", "verify")
    served.stop()
    served.start(prefix=clock.prefix)
    assert known(served) == {HOLDS, BLOCKED, RENEWS}
    assert served.activate(GONE, number=3, when=clock.in_days(73.5))[0] == 200
    assert GONE in known(served)
    served.ctl("ledger", "verify")


def test_a_clock_that_was_ahead_for_an_hour_makes_nobody_forgotten(served, clock):
    """Both the host's and a machine's; whoever then lost his seat would see it given to somebody else."""
    days = Days(served, clock)
    for day in 2, 4:
        days.pass_to(day)
    for minute in range(0, 60, 10):
        days.pass_to(300 + minute / 1440)
    clock.set_days(5)
    assert served.json("status")["trouble"] == "host-clock"
    assert known(served) == {GONE, HOLDS, BLOCKED, RENEWS}
