"""A year of one organisation with the real programs, under a clock that goes on in jumps: licenses replaced early and late,
a laptop lost and found, a machine set up anew, a flood at noon, a backup put back. Nobody who should be licensed is not, and the true-up is what
the test has counted from what machines themselves report. Many such years, and more of what happens, are simulated
(docs/testing.md)."""

import copy
import dataclasses
import json
import os
import shutil
from datetime import datetime, timedelta, timezone

import pytest
from clocks import Clock
from hosting import VENDOR, Desk, Machine, denial_code, machine_id

OK, BELOW_THRESHOLD, NO_SEATS, BLOCKED, NO_LICENSE, UNREACHABLE, IN_GRACE = 0, 10, 11, 12, 14, 17, 21
STUDIO = """\
[product]
id = studio
title = Acme Studio
grace = 12h

[edition lab]
title = Acme Studio for Laboratories

[edition pro]
title = Acme Studio Pro
"""
LEASE, FIRST_LEASE, STEP = 60, 20, 25  # days
FLOOD = 100 if os.environ.get("AVAL_STEP", "unit") != "unit" else 400


def seconds_of(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Counting:
    """What machines have got and given back, as they say themselves: nothing of it is asked of a host or an audit."""

    def __init__(self):
        self.seats, self.leases, self.end = {}, {}, 0  # of each machine's id: [from, until] one after the other

    @staticmethod
    def go_on(spans, issued, expires):
        if spans and spans[-1][1] > issued:
            spans[-1][1] = max(spans[-1][1], expires)
        else:
            spans.append([issued, expires])

    def lease(self, machine, issued, expires):
        for kind in self.seats, self.leases:
            self.go_on(kind.setdefault(machine, []), issued, expires)
        self.end = max(self.end, issued)

    def free(self, machine, moment):
        self.seats[machine][-1][1] = moment
        self.end = max(self.end, moment)

    @staticmethod
    def peak(spans, begin, end):
        moments = [begin, *(start for start, _ in spans if begin < start < end)]
        return max(sum(start <= moment < until for start, until in spans) for moment in moments)

    def row(self, ids, begin, end):
        """(machines, peak, outstanding) of those machines from `begin` until `end`."""
        held, leases = ([span for machine in ids for span in kind.get(machine, [])] for kind in (self.seats, self.leases))
        machines = sum(any(start < end and until > begin for start, until in self.seats.get(machine, [])) for machine in ids)
        return machines, self.peak(held, begin, end), self.peak(leases, begin, end)


@dataclasses.dataclass
class License:
    id: str
    edition: str
    begins: int
    ends: str


class Computer(Machine):
    """One of the organisation's machines, with the edition's key and an identity of its own."""

    def __init__(self, year, name, edition):
        self.year, self.name, self.edition = year, name, edition
        self.set_up()

    def set_up(self):
        """As the disk image makes it: nothing of what it was is left."""
        year = self.year
        shutil.rmtree(year.folder / self.name, ignore_errors=True)
        self.program, self.run = year.build / "src/programs/aval", year.run
        self.folder, self.host = year.folder / self.name, year.host
        self.aval("product", "install", year.desk.product, "--vendor-key", year.desk.key_file)
        self.aval("key", "install", year.keys[self.edition])
        self.aval("host", "set", f"127.0.0.1:{year.host.port}")
        self.issued, self.denied = None, False

    def aval(self, *args, **kwargs):
        return self.run(self.program, "--state", self.folder, *args, timeout=240,
                        env={**self.year.clock.environment, "AVAL_MACHINE_ID": self.name}, **kwargs)

    def status(self, expect=OK):
        return json.loads(self.aval("status", "--json", expect=expect).stdout)

    @property
    def id(self):
        return self.status(self.standing)["machine"]

    def ask(self, expect=OK, standing=OK):
        """What its timer does, or after a denial somebody who does not wait for the next try; `standing` is what `aval status`
        then ends with."""
        self.aval("activate" if self.denied else "renew", expect=expect)
        self.denied = expect != OK
        status, self.standing = self.status(standing), standing
        lease = status["lease"]
        if expect == OK and standing == OK and lease["issued"] != self.issued:
            self.issued = lease["issued"]
            self.year.counting.lease(status["machine"], seconds_of(lease["issued"]), seconds_of(lease["expires"]))
            self.year.ids[self.edition].add(status["machine"])
        return status

    def release(self):
        machine = self.status()["machine"]
        self.year.counting.free(machine, self.year.now())
        self.aval("release")


class Year:
    def __init__(self, build, run, folder, host):
        self.build, self.run, self.folder, self.host = build, run, folder, host
        self.clock, self.counting, self.day = Clock(folder), Counting(), 0
        self.ids = {"pro": set(), "lab": set()}
        self.licenses, self.true_up = [], {}
        self.desk = Desk(build, run, folder)
        (folder / "two.ini").write_text(STUDIO)
        self.desk.product = folder / "two.product"
        self.desk.run("product", folder / "two.ini", "--output", self.desk.product)
        keys = json.loads(self.desk.run("key", "--json").stdout)["keys"]
        self.keys = {key["edition"]: key["counted_key" if key["edition"] == "lab" else "key"] for key in keys}

    def now(self):
        return int(self.clock.in_days(self.day).timestamp())

    def go_to(self, day, asking=()):
        """On the way those machines ask often enough for the threshold."""
        while self.day < day:
            self.day = min(day, self.day + STEP)
            self.clock.set_days(self.day)
            if self.day < day:
                ask_all(asking)

    def date(self, day):
        """At midnight."""
        moment = (datetime.now(timezone.utc) + timedelta(days=day)).replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def buy(self, *args, **kwargs):
        """Signs it today and returns its file; it is not imported yet."""
        file = self.folder / f"{len(self.licenses)}.license"
        said = json.loads(self.desk.run(*args, "--output", file, "--json", env=self.clock.environment, **kwargs).stdout)
        self.licenses.append(License(said["license"], said["edition"], seconds_of(said["not_before"]), said["not_after"]))
        return file

    def import_it(self, file):
        self.host.avald("import", file)
        if self.host.process:
            self.host.ctl("reload")

    def reclaim(self, machine):
        answer = self.host.json("reclaim", machine, "--yes")
        assert answer["outcome"] == "free", answer
        self.counting.free(machine, self.now())

    def billed(self, without=None):
        """The true-up as it must be: {(license, month): (machines, peak, outstanding)}."""
        rows = {}
        for edition, all_ids in self.ids.items():
            ids = all_ids - {without}
            line = [one for one in self.licenses if one.edition == edition]
            for one, heir in zip(line, [*line[1:], None]):
                until = min(heir.begins if heir else self.counting.end + 1, self.counting.end + 1)
                for month, begin, end in months(one.begins, until):
                    row = self.counting.row(ids, begin, end)
                    if any(row):
                        rows[one.id, month] = row
        return rows

    def audit(self):
        """Finds nothing; of a month that was audited before, the later report knows more."""
        export = self.folder / f"export-{self.day}"
        self.host.ctl("ledger", "export", "--vendor", VENDOR, "--output", export)
        said = self.desk.run("audit", export, "--json", env=self.clock.environment, timeout=240)
        report = json.loads(said.stdout)
        assert report["findings"] == [] and report["verdict"] == "clean", report
        self.true_up |= {(row["license"], row["month"]): row for row in report["true_up"]}

    def back_up(self):
        self.host.avald("backup", self.folder / "backup", env=self.clock.environment)
        self.kept = copy.deepcopy(self.counting)

    def restore(self):
        self.host.stop()
        self.host.data.rename(self.folder / "dead")
        self.host.avald("restore", self.folder / "backup", env=self.clock.environment)
        self.host.start(prefix=self.clock.prefix)
        self.counting = self.kept

    def tell_port(self, computers):
        for computer in computers:
            computer.aval("host", "set", f"127.0.0.1:{self.host.port}")


def months(begin, end):
    """(name, from, until) of each month between the two, as far as it is."""
    while begin < end:
        first = datetime.fromtimestamp(begin, timezone.utc).replace(day=1, hour=0, minute=0, second=0)
        following = int((first + timedelta(days=32)).replace(day=1).timestamp())
        yield f"{first:%Y-%m}", begin, min(end, following)
        begin = following


@pytest.fixture
def year(build, run, tmp_path, host):
    return Year(build, run, tmp_path, host)


def ask_all(computers, **kwargs):
    for computer in computers:
        computer.ask(**kwargs)


def flood(year, name):
    """One machine whose program asks again and again, with a new request each time; then it is looked at what it has."""
    machine = machine_id(name)
    leases = set()
    for number in range(1, FLOOD + 1):
        status, body = year.host.activate(machine, number=number, when=year.clock.in_days(year.day))
        assert status == 200, denial_code(body)
    for row in year.host.json("machines", "show", machine)["licenses"]:
        leases.add((row["issued"], row["ends"]))
    [(issued, ends)] = leases
    year.counting.lease(machine, issued, ends)
    year.ids["pro"].add(machine)


def test_a_year_of_one_organisation(year, host):
    terms = ["--product", "studio", "--lease", f"{LEASE}d", "--first-lease", f"{FIRST_LEASE}d"]
    host.set_up(year.desk)
    volume = year.buy("license", host.request_file(), *terms, "--edition", "pro", "--threshold", 3, "--seats", 8, "--until",
                      year.date(120))
    counted = year.buy("license", host.request_file(), "--product", "studio", "--edition", "lab", "--counted", "--seats", 3,
                       "--until", year.date(500))
    year.import_it(volume)
    year.import_it(counted)
    host.start(prefix=year.clock.prefix)
    offices = [Computer(year, f"office-{number}", "pro") for number in range(7)]
    lab = [Computer(year, f"lab-{number}", "lab") for number in range(2)]
    ask_all(offices[:2], expect=BELOW_THRESHOLD)
    ask_all([*offices[2:], *offices[:2], *lab])

    year.go_to(8)
    ask_all([*offices, *lab])

    # A laptop is lost; another machine gets its seat.
    year.go_to(20)
    lost, others = offices[1], [computer for computer in offices if computer is not offices[1]]
    newcomers = [Computer(year, f"new-{number}", "pro") for number in range(2)]
    newcomers[0].ask()
    newcomers[1].ask(expect=NO_SEATS)
    year.reclaim(lost.id)
    newcomers[1].ask()
    ask_all(others)

    # It is found, and no seat is free for it; with the lease that it has it works on.
    year.go_to(35)
    lost.ask(expect=BLOCKED)
    host.ctl("unblock", lost.id)
    lost.ask(expect=NO_SEATS)
    newcomers[1].release()
    assert lost.ask()["lease"]["license"] == year.licenses[0].id
    ask_all([*others, newcomers[0], *lab])

    # A machine is set up anew: its old key holds the last seat until the operator reclaims it.
    year.go_to(48)
    old = others[0].id
    others[0].set_up()
    others[0].ask(expect=NO_SEATS)
    year.reclaim(old)
    others[0].ask()
    pros = [*offices, newcomers[0]]
    ask_all(pros)

    # The next license is imported a month before it begins, with more seats.
    year.go_to(85, pros)
    ask_all([*pros, *lab])
    early = year.buy("renew", year.licenses[0].id, "--from", year.date(115), "--until", year.date(230), "--seats", 10)
    year.import_it(early)
    year.go_to(92)
    for computer in pros:
        assert computer.ask()["lease"]["license"] == year.licenses[0].id
    year.go_to(117)
    for computer in pros:
        assert computer.ask()["lease"]["license"] == year.licenses[2].id

    # A flood at noon; the others renew beside it.
    year.go_to(140, pros)
    pros[0].ask()
    flood(year, "wild")
    ask_all([*pros, *lab])

    # The host is down for some days, and nobody notices.
    year.go_to(160)
    host.stop()
    ask_all(pros, expect=UNREACHABLE)
    host.start(prefix=year.clock.prefix)
    year.tell_port([*pros, *lab])
    ask_all(pros)

    # The next license has fewer seats than there are machines, and lies about until days after the old one has ended.
    year.go_to(215, pros)
    ask_all([*pros, *lab])
    late = year.buy("renew", year.licenses[2].id, "--from", year.licenses[2].ends, "--until", year.date(500), "--seats", 6)
    year.go_to(232)
    ask_all(pros, expect=NO_LICENSE, standing=IN_GRACE)
    ask_all(lab)
    year.go_to(234)
    year.import_it(late)
    ask_all(pros[:6])
    ask_all(pros[6:], expect=NO_SEATS, standing=IN_GRACE)
    pros[0].release()
    pros[6].ask()
    kept = pros[1:7]

    # The vendor audits. The host's disk dies a week later; a renewal since its backup is in no ledger any more.
    year.go_to(250)
    ask_all([*kept, *lab])
    year.audit()
    year.back_up()
    year.go_to(258)
    kept[0].ask()
    year.restore()
    year.tell_port([*kept, *lab])
    ask_all(kept[1:])

    year.go_to(365, [*kept, *lab])
    ask_all([*kept, *lab])
    year.audit()
    true_up = {key: (row["machines"], row["peak"], row["outstanding"]) for key, row in year.true_up.items()}
    assert true_up == year.billed()
    assert true_up != year.billed(without=kept[0].id)  # so it can fail
    assert {row["overage"] for row in year.true_up.values()} == {0}
    host.ctl("ledger", "verify")
