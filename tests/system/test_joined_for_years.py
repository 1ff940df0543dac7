"""A machine that joined once, and then two years with the timer's command alone, while its host is restarted, moved to another
address, away for three weeks, put back from a backup, and its license replaced twice. Always licensed, one seat, no person."""

import json

import pytest
from clocks import Clock

STEP = 6  # days between two looks; the timer looks once an hour, and a renewal is due once a week
RESTARTED, BACKED_UP, MOVED, RESTORED, REPLACED, AWAY, BACK, AGAIN, END = 96, 180, 204, 240, 342, 402, 426, 690, 732
DEAD = 60  # days before the restore that the backup is of


class Years:
    def __init__(self, build, run, folder, host, desk, dnsmasq):
        self.run, self.folder, self.host, self.desk, self.dnsmasq = run, folder, host, desk, dnsmasq
        self.program, self.clock, self.day, self.licenses = build / "src/programs/aval", Clock(folder), 0, []
        self.ends = []

    def buy(self, days):
        """One that replaces the one before."""
        file = self.folder / f"{len(self.licenses)}.license"
        before = ("--replaces", self.licenses[-1]) if self.licenses else ()
        said = self.desk.run("license", self.host.request_file(), "--product", "studio", "--edition", "pro", "--threshold", 1,
                             "--seats", 1, "--for", f"{days}d", *before, "--output", file, "--json",
                             env=self.clock.environment)  # fmt: skip
        self.licenses.append(json.loads(said.stdout)["license"])
        self.host.avald("import", file, env=self.clock.environment)

    def serve(self):
        self.host.start(prefix=self.clock.prefix)
        self.names = self.dnsmasq(f"srv-host=_aval._tcp.uni.example,kms.uni.example,{self.host.port},10,0",
                                  "host-record=kms.uni.example,127.0.0.1")  # fmt: skip

    def aval(self, *args, **kwargs):
        dns = {"AVAL_DNS": self.names.address, "AVAL_DOMAINS": "uni.example", "AVAL_MACHINE_ID": "reading-room-3"}
        return self.run(self.program, "--state", self.folder / "state", *args, env={**self.clock.environment, **dns},
                        timeout=120, **kwargs)

    def look(self, away=False):
        """What the timer does, and whether all is well."""
        done = self.aval("renew", "--all", expect=None)
        assert away or done.returncode == 0, f"day {self.day}: {done.stdout}{done.stderr}"
        status = json.loads(self.aval("status", "--json").stdout)
        assert status["state"] == "licensed", f"day {self.day}: {status}"
        self.ends.append(status["lease"]["expires"])
        if not away:
            held = sum(license["held"] for license in self.host.json("licenses")["licenses"])
            assert held == 1, f"day {self.day}: {held} seats"

    def until(self, day, away=False):
        while self.day < day:
            self.day += STEP
            self.clock.set_days(self.day)
            self.look(away)


@pytest.fixture
def years(build, run, tmp_path, host, desk, dnsmasq):
    return Years(build, run, tmp_path, host, desk, dnsmasq)


def restore(years):
    """The folder is lost; a backup of it is put back as it is, which begins an epoch."""
    years.host.stop()
    years.host.data.rename(years.folder / "dead")
    years.host.avald("restore", years.folder / "backup", env=years.clock.environment)
    years.serve()


def test_two_years_after_one_command(years, host, desk, tmp_path):
    host.set_up(desk)
    host.avald("import", desk.product, env=years.clock.environment)
    years.buy(365)
    years.serve()
    host.ctl("kit", "--hosts", "dns", "--output", tmp_path / "uni.kit", env=years.clock.environment)
    years.aval("join", tmp_path / "uni.kit", "--no-timer")

    years.until(RESTARTED)
    host.stop()
    years.serve()
    years.until(BACKED_UP)
    host.avald("backup", tmp_path / "backup", env=years.clock.environment)
    years.until(MOVED)
    host.stop()
    years.serve()  # at another port, which DNS tells
    years.until(RESTORED)
    restore(years)
    years.until(REPLACED)
    years.buy(365)
    years.until(AWAY)
    host.stop()
    years.until(BACK, away=True)
    years.serve()
    years.until(AGAIN)
    years.buy(365)
    years.until(END)

    assert len(set(years.ends)) > 30, "it has renewed all the time"
    assert len({machine["machine"] for machine in host.json("machines")["machines"]}) == 1
    export = tmp_path / "all.ledger"
    host.ctl("ledger", "export", "--epoch", "all", "--output", export, env=years.clock.environment)
    exports = sorted(tmp_path.glob("all.ledger*"))
    audit = json.loads(desk.run("audit", *exports, "--json", env=years.clock.environment).stdout)
    assert all(one["findings"] == [] for one in audit["exports"]) and audit["verdict"] == "clean", audit
