"""aval-vendor audit of hosts that share a license: their exports are counted together, whatever their clocks say."""

import csv
import io
import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from independent import SigningKey, open_checkpoint
from test_audit import BEGIN, FILES, INPUT, ORIGIN, TRUST, VENDOR, Desk, Ledger, errors, machine_key, written

SOUTH = f"kms.south.example/{VENDOR}"


@dataclass
class Pair:
    """One license of 2 seats and an overage of 1 for two hosts."""

    desk: Desk
    south: Ledger
    license: str

    @property
    def north(self):
        return self.desk.ledger

    def lease(self, ledger, machine, days, **changes):
        made = replace(self.desk.lease(machine, days), license=self.license, host=ledger.key, **changes)
        ledger.leaves.append(made.text())

    def release(self, ledger, machine, days, number=2):
        kept, self.desk.license, self.desk.ledger = (self.desk.license, self.desk.ledger), self.license, ledger
        ledger.leaves.append(self.desk.released(machine, days, number=number))
        self.desk.license, self.desk.ledger = kept

    def audit(self, *options, north=0, south=0, expect=0):
        """The JSON report of both exports, from there on; None: without it."""
        files = [("north", self.north, north), ("south", self.south, south)]
        for name, ledger, since in files:
            if since is not None:
                self.desk.write(ledger.export(since=since), name)
        names = [name for name, _, since in files if since is not None]
        return json.loads(self.desk.run("audit", *names, "--json", *options, expect=expect).stdout)


@pytest.fixture
def pair(build, run, tmp_path):
    desk = Desk(build, run, tmp_path)
    south = Ledger(SigningKey(SOUTH), origin=SOUTH)
    names = []
    for ledger, host in ((desk.ledger, ORIGIN), (south, SOUTH)):
        request = f"aval host-request v1\nhost {host.split('/')[0]}\nvendor {VENDOR}\ncustomer Example, Inc.\n"
        request += f"host-key {ledger.key.verifier}\ncreated 2026-01-01T00:00:00Z\n"
        names.append(desk.write(ledger.key.sign(request), f"request-{host[4:7]}").name)
    desk.run("license", *names, "--product", "studio", "--edition", "pro", "--threshold", 1, "--seats", 2, "--overage", 1,
             "--lease", "30d", "--from", "2026-01-01", "--until", "2026-12-31", "--output", "both")  # fmt: skip
    return Pair(desk, south, (desk.folder / "both").read_text().split("license ", 2)[2].split("\n")[0])


def by_file(report):
    return {export["file"]: export for export in report["exports"]}


def rows(report):
    return [tuple(row[key] for key in ("month", "machines", "peak", "outstanding", "overage")) for row in report["true_up"]]


def test_seats_are_counted_over_all_hosts_of_a_license(pair):
    pair.lease(pair.north, 1, 0)
    pair.lease(pair.south, 2, 1)
    pair.lease(pair.north, 3, 2)
    pair.release(pair.south, 1, 3)
    pair.lease(pair.north, 4, 4)
    report = pair.audit("--csv", "bill.csv")
    assert (report["verdict"], rows(report)) == ("clean", [("2026-01", 4, 3, 4, 1)])
    assert {export["coverage"] for export in report["exports"]} == {"complete"} and all(e["missing"] == [] for e in report["exports"])
    assert [row["license"] for row in csv.DictReader(io.StringIO((pair.desk.folder / "bill.csv").read_text()))] == [pair.license]
    pair.lease(pair.south, 5, 5)
    report = by_file(pair.audit(expect=TRUST))
    assert (errors(report["north"]), errors(report["south"])) == ([], [(2, "audit-seats")])


def test_the_desk_keeps_one_book_and_each_ledger_s_checkpoint(pair):
    pair.lease(pair.north, 1, 0)
    pair.lease(pair.south, 2, 0)
    pair.audit()
    names = sorted(path.name for path in (pair.desk.folder / "desk" / "audit").iterdir())
    north, south = (name.replace("/", "+") for name in (ORIGIN, SOUTH))
    assert names == [f"{south}.audit", f"{south}.checkpoint", f"{south}.lock", f"{north}.checkpoint"]
    again = pair.audit()
    assert (again["verdict"], again["true_up"]) == ("clean", pair.audit()["true_up"])


def test_a_host_of_which_there_is_nothing_is_named_and_nothing_is_final(pair):
    pair.lease(pair.north, 1, 0)
    report = pair.audit(south=None)
    assert (report["verdict"], report["coverage"], report["missing"]) == ("clean", "partial", [{"host": SOUTH}])
    assert "final_until" not in report and report["next_from"] == 0
    said = pair.desk.run("audit", "north").stdout
    assert SOUTH in said and "Nothing is final" in said
    report = pair.audit()  # its ledger is empty, which it signs
    assert report["verdict"] == "clean" and report["final_until"] == written(BEGIN + timedelta(minutes=1))
    assert {export["coverage"] for export in report["exports"]} == {"complete"}


def test_what_is_beyond_the_earliest_end_is_audited_again_with_what_was_missing(pair):
    pair.lease(pair.north, 1, 0)
    pair.lease(pair.south, 2, 1)
    pair.lease(pair.north, 3, 20)
    report = pair.audit()
    assert report["final_until"] == written(BEGIN + timedelta(days=1, minutes=2))
    assert {name: export["next_from"] for name, export in by_file(report).items()} == {"north": 1, "south": 1}
    assert rows(report) == [("2026-01", 3, 3, 3, 1)]
    pair.release(pair.south, 2, 10)
    pair.lease(pair.south, 4, 30)
    assert pair.audit(north=2, south=1, expect=INPUT)["verdict"] == "audit-gap"
    report = pair.audit(north=1, south=1)
    assert (report["verdict"], rows(report)) == ("clean", [("2026-01", 3, 2, 3, 0), ("2026-02", 3, 2, 3, 0)])
    assert report["final_until"] == written(BEGIN + timedelta(days=20, minutes=3))
    pair.north.leaves[1] = pair.north.leaves[0]
    pair.lease(pair.north, 6, 25)
    assert pair.audit(north=0, south=1, expect=TRUST)["verdict"] == "consistency-wrong", "what was audited cannot change"


def test_a_failure_of_one_export_keeps_those_that_belong_to_it_from_being_counted(pair):
    pair.lease(pair.north, 1, 0)
    pair.lease(pair.south, 2, 0)
    pair.desk.write(pair.south.export(), "south")
    pair.desk.write(pair.north.export(note=pair.south.checkpoint()), "north")
    done = pair.desk.run("audit", "north", "south", "--json", expect=TRUST)
    report = json.loads(done.stdout)
    assert report["verdict"] == "checkpoint-signer" and "true_up" not in report
    assert by_file(report)["north"]["verdict"] == "checkpoint-signer"
    assert not list((pair.desk.folder / "desk" / "audit").glob("*.audit"))
    pair.desk.write(pair.south.export(since=1), "south")
    report = json.loads(pair.desk.run("audit", "north", "south", "--json", expect=INPUT).stdout)
    assert {name: export["verdict"] for name, export in by_file(report).items()} == {"north": "not-audited", "south": "audit-gap"}


def test_numbers_of_a_machine_are_one_row_over_both_hosts(pair):
    pair.lease(pair.north, 1, 0)
    pair.lease(pair.south, 1, 0, number=2, issued=BEGIN - timedelta(minutes=10))  # by a clock that is behind
    pair.lease(pair.north, 1, 1, number=3)
    assert pair.audit()["verdict"] == "clean"
    pair.lease(pair.south, 1, 2, number=3)
    report = by_file(pair.audit(expect=TRUST))
    assert (errors(report["north"]), errors(report["south"])) == ([], [(1, "audit-number")])
    assert machine_key(1).id == report["south"]["findings"][0]["machine"]


def test_books_of_hosts_that_were_audited_apart_are_not_put_together(pair):
    desk, south = pair.desk, pair.south
    folder = desk.folder / "desk" / "audit"
    pair.lease(pair.north, 1, 0)
    pair.lease(south, 2, 0)
    pair.audit()
    north, south = (folder / f"{name.replace('/', '+')}.audit" for name in (ORIGIN, SOUTH))
    north.write_bytes(south.read_bytes())
    report = pair.audit(expect=INPUT)
    assert report["verdict"] == "audit-gap" and "move both files away" in by_file(report)["south"]["message"]
    north.unlink()
    south.write_bytes(b"no book")
    assert pair.audit(expect=FILES)["verdict"] == "store-foreign"
    assert open_checkpoint((folder / f"{ORIGIN.replace('/', '+')}.checkpoint").read_bytes(), pair.north.key.verifier).size == 1
