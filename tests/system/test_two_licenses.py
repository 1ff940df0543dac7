"""Two licenses of one edition at one host, with leases of different lengths: no machine is offered less than it has,
whatever becomes of the ledger or of the license that gave it, and its seat stays where it is."""

import json

import pytest
from clocks import Clock
from hosting import VENDOR, Machine, denial_code, machine_id

LONG = ["--for", "300d"]
SHORT = ["--for", "365d", "--lease", "1d", "--renew", "12h"]  # ends later, and so is offered first
SHORT_SEATS = 5
THRESHOLD = 8


class Both:
    """A host that serves with a license of long leases; take_in_short() adds the other."""

    def __init__(self, build, run, folder, desk, host):
        self.make = lambda name: Machine(build, run, folder / name, desk, host)
        self.desk, self.host, self.clock = desk, host, Clock(folder)

    def start(self, extra=(), **terms):
        self.host.set_up(self.desk)
        self.take_in("long.license", extra=[*LONG, *extra], **terms)
        self.host.start(prefix=self.clock.prefix)

    def take_in(self, name, **terms):
        self.host.avald("import", self.desk.license(self.host.request_file(), name, **terms))

    def take_in_short(self):
        self.take_in("short.license", seats=SHORT_SEATS, extra=SHORT)
        self.host.ctl("reload")

    def held(self):
        """Seats under the long license, and under the short one."""
        rows = self.host.json("licenses")["licenses"]
        return tuple(sum(row["held"] for row in rows if (row["seats"] == SHORT_SEATS) == short) for short in (False, True))

    def aval(self, machine, *args, **kwargs):
        return machine.aval(*args, env=self.clock.environment, **kwargs)

    def status(self, machine):
        return json.loads(self.aval(machine, "status", "--json").stdout)

    def ask(self, machine, command, *args, **kwargs):
        """What the machine has afterwards."""
        machine.aval("host", "set", f"127.0.0.1:{self.host.port}")
        self.aval(machine, command, *args, **kwargs)
        return self.status(machine)

    def export(self, name):
        file = self.desk.folder / name
        self.host.ctl("ledger", "export", "--vendor", VENDOR, "--output", file)
        return file

    def audit(self, *exports):
        done = self.desk.run("audit", *exports, "--json", env=self.clock.environment)
        report = json.loads(done.stdout)
        return report["finding_count"], report["verdict"]


@pytest.fixture
def both(build, run, tmp_path, desk, host):
    return Both(build, run, tmp_path, desk, host)


def test_a_lease_of_the_epoch_before_is_renewed_under_its_own_license(both):
    both.start(seats=1)
    machine = both.make("machine")
    license = both.ask(machine, "activate")["lease"]["license"]
    both.take_in_short()
    before = both.export("before")
    both.host.stop()
    both.host.avald("recover", "--copied", "--yes")
    both.host.start(prefix=both.clock.prefix)
    both.clock.set_days(8)
    lease = both.ask(machine, "renew", "--force")["lease"]
    assert lease["license"] == license and lease["ledger_epoch"] > 0, "the same license, in the new ledger"
    assert both.held() == (1, 0)
    assert both.audit(before, both.export("after")) == (0, "clean")


def test_a_machine_that_its_own_license_denies_keeps_its_lease_and_gets_no_shorter_one(both):
    both.start(threshold=THRESHOLD)
    for number in range(THRESHOLD - 1):
        assert denial_code(both.host.activate(machine_id(number))[1]) == "below-threshold"
    machine = both.make("machine")
    had = both.ask(machine, "activate")["lease"]
    both.take_in_short()
    both.clock.set_days(40)  # the others have not asked for so long that they do not count
    after = both.ask(machine, "renew", "--force", expect=10)
    assert after["state"] == "licensed" and after["lease"] == had
    assert after["last"]["code"] == "below-threshold"
    assert both.held() == (1, 0)
    newcomer = both.ask(both.make("newcomer"), "activate")
    assert newcomer["lease"]["license"] != had["license"], "who has none takes what there is"
    assert both.held() == (1, 1)
    assert both.audit(both.export("export")) == (0, "clean")


def test_a_seat_that_is_held_for_a_released_lease_is_not_freed_by_another_license(both):
    """One release frees its seat; the second seat is held until its lease would have ended, whatever its machine takes."""
    both.start(seats=2, extra=["--releases", 1])
    license = both.host.json("licenses")["licenses"][0]["id"]
    machines = [machine_id(number) for number in range(2)]
    assert [both.host.activate(each)[0] for each in machines] == [200, 200]
    assert [both.host.release(each, license)[0] for each in machines] == [200, 200]
    assert both.held() == (1, 0)
    both.take_in_short()
    assert [both.host.activate(each, number=3)[0] for each in machines] == [200, 200]
    assert both.held() == (1, 2)
    more = [both.host.activate(machine_id(number)) for number in range(2, 2 + SHORT_SEATS)]
    assert [status for status, _ in more] == [200] * 4 + [409] and denial_code(more[-1][1]) == "no-seats"
    assert both.held() == (2, SHORT_SEATS)
    assert both.audit(both.export("export")) == (0, "clean")
