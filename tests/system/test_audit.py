"""aval-vendor audit, on ledgers written by independent.py: honest ones pass and are billed, dishonest ones are caught."""

import csv
import hashlib
import io
import json
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from clocks import beginning_at
from independent import (
    Checkpoint,
    MachineKey,
    Seen,
    SigningKey,
    empty_seen,
    key_id,
    leaf_hash,
    open_checkpoint,
    release_text,
    request_text,
    to_base64,
    tree_root,
)

VENDOR, HOST = "acme.example", "kms.uni.example"
ORIGIN = f"{HOST}/{VENDOR}"
USAGE, INPUT, TRUST, FILES, CONFLICT = 2, 3, 4, 5, 6
STUDIO = "[product]\nid = studio\ntitle = Acme Studio\n\n[edition pro]\ntitle = Acme Studio Pro\nfeatures = export\n"
BEGIN = datetime(2026, 1, 10, 9, tzinfo=timezone.utc)
LEASE = timedelta(days=30)


def written(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def machine_key(number):
    return MachineKey(hashlib.sha256(b"machine %d" % number).digest())


@dataclass(frozen=True)
class Lease:
    """A lease for a request that its machine signed at the moment of its issue, having seen an empty ledger."""

    license: str
    machine: int
    issued: datetime
    host: SigningKey
    number: int = 1
    lasts: timedelta = LEASE
    hardware: int = 0
    feature: str = "export"
    waited: timedelta = timedelta()  # between request and issue
    offline: bool = False
    asked: SigningKey | None = None  # the host, where it is another
    signer: int | None = None  # the machine that signs, where it is another
    seen: Seen | None = None

    def request(self):
        key, asked = machine_key(self.machine), self.asked or self.host
        hardware = [(kind, bytes([self.machine, self.hardware, *bytes(14)])) for kind in ("board", "disk")]
        text = request_text(key.verifier, asked.verifier, self.number, written(self.issued - self.waited),
                            self.seen or empty_seen(asked), VENDOR, "studio", "pro", hardware=hardware)
        return key.sign(text) if self.signer is None else forged(key, text, machine_key(self.signer))

    def text(self):
        lines = ["aval lease v1", f"license {self.license}", *(["offline yes"] if self.offline else []),
                 f"issued {written(self.issued)}", f"expires {written(self.issued + self.lasts)}",
                 "renew-after 7d", "retry-after 2h", f"feature {self.feature}", ""]  # fmt: skip
        return ("\n".join(lines) + f"\n{self.request()}").encode()


def forged(key, text, other):
    """A note in the name of one machine with what another one has signed."""
    return key.sign(text).replace(to_base64(key_id(key.id, key.verifier.public) + key.private.sign(text.encode())),
                                  to_base64(key_id(key.id, key.verifier.public) + other.private.sign(text.encode())))


def released(license_id, machine, moment, host, number=2, signer=None):
    key, when = machine_key(machine), written(moment)
    text = release_text(key.verifier, host.verifier, number, when, empty_seen(host), license_id)
    note = key.sign(text) if signer is None else forged(key, text, machine_key(signer))
    return f"aval released v1\nreleased {when}\n\n{note}".encode()


@dataclass
class Ledger:
    """A host that writes what it likes."""

    key: SigningKey = field(default_factory=lambda: SigningKey(ORIGIN))
    leaves: list = field(default_factory=list)
    origin: str = ORIGIN

    def checkpoint(self, size=None, key=None):
        size = len(self.leaves) if size is None else size
        root = tree_root([leaf_hash(leaf) for leaf in self.leaves[:size]])
        return (key or self.key).sign(Checkpoint(self.origin, size, root).text())

    def frontier(self, size):
        """Roots of the complete subtrees, that of the lowest bit first."""
        hashes, end, roots = [leaf_hash(leaf) for leaf in self.leaves], size, []
        for bit in range(size.bit_length()):
            if size >> bit & 1:
                roots.append(tree_root(hashes[end - (1 << bit) : end]))
                end -= 1 << bit
        return roots

    def export(self, since=0, size=None, note=None):
        size = len(self.leaves) if size is None else size
        note = (note or self.checkpoint(size)).encode()
        head = f"aval ledger-export v1\norigin {self.origin}\nfrom {since}\nto {size}\n"
        head += "".join(f"node {to_base64(root)}\n" for root in self.frontier(since))
        body = b"".join(b"leaf %d\n%s" % (len(leaf), leaf) for leaf in self.leaves[since:size])
        return head.encode() + b"\n" + body + b"checkpoint %d\n%s" % (len(note), note)


class Desk:
    """A desk with one license of 2 seats and an overage of 1, and the ledger of its host."""

    def __init__(self, build, run, folder):
        self.program, self.run_it, self.folder, self.ledger = build / "src/programs/aval-vendor", run, folder, Ledger()
        self.run("init", VENDOR, "--no-passphrase")
        (folder / "studio.ini").write_text(STUDIO)
        self.run("product", "studio.ini")
        self.license = self.license_for(self.ledger, HOST)

    def license_for(self, ledger, host, name="license"):
        """Of 2 seats and an overage of 1, for that host; its id."""
        request = f"aval host-request v1\nhost {host}\nvendor {VENDOR}\ncustomer Example, Inc.\n"
        request += f"host-key {ledger.key.verifier}\ncreated 2026-01-01T00:00:00Z\n"
        (self.folder / "host-request").write_text(ledger.key.sign(request))
        terms = ["--product", "studio", "--edition", "pro", "--threshold", 1, "--seats", 2, "--overage", 1]
        self.run("license", "host-request", *terms, "--lease", "30d", "--from", "2026-01-01", "--until", "2026-12-31",
                 "--output", name)  # fmt: skip
        return (self.folder / name).read_text().split("license ", 2)[2].split("\n")[0]

    def run(self, *args, **kwargs):
        return self.run_it(self.program, "--desk", self.folder / "desk", *args, **kwargs)

    def lease(self, machine, days=0, **changes):
        return Lease(self.license, machine, BEGIN + timedelta(days=days, minutes=machine), self.ledger.key, **changes)

    def released(self, machine, days, **changes):
        return released(self.license, machine, BEGIN + timedelta(days=days), self.ledger.key, **changes)

    def add(self, *leaves):
        self.ledger.leaves += [leaf if isinstance(leaf, bytes) else leaf.text() for leaf in leaves]

    def write(self, content, name="ledger"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def audit(self, *options, export=None, expect=0, env=None):
        """The JSON report."""
        self.write(export or self.ledger.export())
        done = self.run("audit", "ledger", "--json", *options, expect=expect, env=env)
        return json.loads(done.stdout)


@pytest.fixture
def desk(build, run, tmp_path):
    made = Desk(build, run, tmp_path)
    made.add(made.lease(1), made.lease(2))
    return made


def errors(report):
    return [(finding["index"], finding["error"]) for finding in report["findings"]]


# Honest hosts


def test_an_honest_ledger_is_clean_and_billed_by_month(desk):
    desk.add(desk.lease(3, 1), desk.lease(1, 20, number=2), desk.released(2, 21))
    desk.add(desk.lease(1, 45, number=3))
    report = desk.audit()
    assert (report["verdict"], report["finding_count"], report["coverage"]) == ("clean", 0, "complete")
    assert (report["leases"], report["releases"]) == (5, 1)
    rows = [tuple(r[key] for key in ("month", "machines", "peak", "outstanding", "seats", "overage")) for r in report["true_up"]]
    assert rows == [("2026-01", 3, 3, 3, 2, 1), ("2026-02", 2, 2, 3, 2, 0)]
    assert {r["license"] for r in report["true_up"]} == {desk.license}


def test_the_true_up_is_a_table_and_csv_too(desk):
    desk.write(desk.ledger.export())
    said = desk.run("audit", "ledger", "--csv", "bill.csv").stdout
    assert "2026-01" in said and desk.license in said
    assert "peak held" in said and "peak outstanding" in said
    rows = list(csv.DictReader(io.StringIO((desk.folder / "bill.csv").read_text())))
    assert rows == [{"month": "2026-01", "license": desk.license, "customer": "Example, Inc.", "product": "studio",
                     "edition": "pro", "machines": "2", "peak": "2", "outstanding": "2", "seats": "2",
                     "overage": "0", "test": "no"}]  # fmt: skip
    assert list(csv.DictReader(io.StringIO(desk.run("audit", "ledger", "--csv", "-").stdout))) == rows
    assert "(file-exists)" in desk.run("audit", "ledger", "--csv", "bill.csv", expect=CONFLICT).stderr
    desk.run("audit", "ledger", "--csv", "-", "--json", expect=USAGE)


def test_an_audit_from_standard_input_is_the_same(desk):
    said = desk.run("audit", "-", "--json", stdin=desk.ledger.export().decode()).stdout
    assert json.loads(said)["verdict"] == "clean"


def test_the_next_audit_goes_on_where_this_one_ended(desk):
    desk.audit()
    desk.add(desk.lease(3, 1), desk.lease(4, 1))  # one too many
    report = desk.audit(export=desk.ledger.export(since=2), expect=TRUST)
    assert (report["from"], report["to"], report["coverage"]) == (2, 4, "complete")
    assert errors(report) == [(3, "audit-seats")]
    assert report["true_up"][0]["machines"] == 4


def test_what_an_audit_keeps_is_its_owners_and_names_the_checkpoint(desk):
    desk.audit()
    kept = desk.folder / "desk" / "audit"
    name = ORIGIN.replace("/", "+")
    assert sorted(path.name for path in kept.iterdir()) == [f"{name}.{kind}" for kind in ("audit", "checkpoint", "lock")]
    assert stat.S_IMODE((kept / f"{name}.audit").stat().st_mode) == 0o600
    assert open_checkpoint((kept / f"{name}.checkpoint").read_bytes(), desk.ledger.key.verifier).size == 2


def test_an_audit_with_findings_is_kept_only_where_it_is_accepted(desk):
    desk.add(desk.lease(3, feature="render"))
    desk.audit(expect=TRUST)
    export = desk.ledger.export(since=3)
    assert desk.audit(export=export, expect=INPUT)["code"] == "audit-gap"
    desk.audit("--accept", expect=TRUST)
    assert desk.audit(export=export)["verdict"] == "already-audited"
    desk.add(desk.lease(1, 20, number=2))
    assert desk.audit(export=desk.ledger.export(since=3))["verdict"] == "clean"


def test_an_export_whose_beginning_nobody_has_seen_is_refused(desk):
    said = desk.audit(export=desk.ledger.export(since=1), expect=INPUT)
    assert said["code"] == "audit-gap" and "begins at 1" in said["message"]


def test_with_a_checkpoint_alone_the_audit_is_partial(desk):
    desk.write(desk.ledger.checkpoint(), "previous")
    desk.add(desk.lease(3))
    report = desk.audit("--previous", "previous", export=desk.ledger.export(since=2))
    assert (report["coverage"], report["verdict"]) == ("partial", "clean")
    assert desk.audit("--previous", "previous")["coverage"] == "complete"


# Exports of what was audited before, in whole or in part


def audited_files(desk):
    return {path.name: path.read_bytes() for path in (desk.folder / "desk" / "audit").iterdir()}


def test_last_years_export_and_the_same_one_again_accuse_nobody(desk):
    desk.audit()
    last_year = desk.ledger.export()
    desk.add(desk.lease(3, 40))
    newest = desk.ledger.export()
    first = desk.audit(export=newest)
    kept = audited_files(desk)
    for export, leaves in ((last_year, 2), (newest, 3), (desk.ledger.export(since=1, size=2), 1), (desk.ledger.export(since=3), 0)):
        report = desk.audit(export=export)
        assert (report["verdict"], report["finding_count"], report["audited_before"]) == ("already-audited", 0, leaves)
        said = desk.run("audit", "ledger")
        assert f"part of what was audited on {report['audited_on']}; nothing new" in said.stdout
        assert audited_files(desk) == kept
    assert desk.audit(export=newest)["true_up"] == first["true_up"]


def test_an_old_export_says_when_that_was_audited(desk):
    desk.audit()
    old = desk.ledger.export()
    with closing(sqlite3.connect(desk.folder / "desk" / "audit" / f"{ORIGIN.replace('/', '+')}.audit")) as book, book:
        book.execute("UPDATE audit SET made = ?", (BEGIN.timestamp(),))  # as if it had been made then
    desk.add(desk.lease(3, 40))
    assert desk.audit()["audited_on"] == written(BEGIN)
    assert desk.audit(export=old)["audited_on"] == written(BEGIN)
    assert desk.audit(export=desk.ledger.export(since=2))["audited_on"] > written(BEGIN)


def test_an_export_that_overlaps_the_last_audit_goes_on_behind_it(desk):
    desk.add(desk.lease(3, feature="render"))
    desk.audit("--accept", expect=TRUST)
    desk.add(desk.lease(4, 1), desk.lease(1, 40, number=2))
    report = desk.audit(export=desk.ledger.export(since=1), expect=TRUST)
    assert errors(report) == [(3, "audit-seats")], "what was accepted is not found again"
    assert (report["audited_before"], report["leases"], report["coverage"]) == (2, 4, "complete")
    assert [row["machines"] for row in report["true_up"]] == [4, 4]


def test_a_tree_that_differs_anywhere_is_named_with_both_roots_and_what_proves_it(desk):
    desk.add(desk.lease(3, 1))
    desk.audit()
    before = [open_checkpoint(desk.ledger.checkpoint(size).encode(), desk.ledger.key.verifier).root for size in (2, 3)]
    desk.ledger.leaves[1] = desk.lease(5).text()
    for since, size in ((0, 2), (0, 3), (1, 2), (3, 3)):
        report = desk.audit(export=desk.ledger.export(since, size), expect=TRUST)
        now = open_checkpoint(desk.ledger.checkpoint(size).encode(), desk.ledger.key.verifier)
        at = max(since, 2)
        assert (report["verdict"], report["differs_at"]) == ("consistency-wrong", at)
        assert report["root_before"] == to_base64(before[at - 2]) != report["root"]
        assert (report["signed_size"], report["signed_root"]) == (size, to_base64(now.root))
        assert (report["signed_size_before"], report["signed_root_before"]) == (3, to_base64(before[1]))
        said = desk.run("audit", "ledger", expect=TRUST).stderr
        assert f"with {at} leaves its root is {report['root']}; the desk has audited {report['root_before']}" in said
        assert "two signatures" in said and ORIGIN.replace("/", "+") + ".checkpoint" in said
        assert ("Keep also the export that was audited then" in said) == (size < 3)


def test_a_file_damaged_on_its_way_is_no_proof_against_its_host(desk):
    desk.audit()
    note = desk.ledger.checkpoint()
    desk.ledger.leaves[0] = desk.lease(5).text()
    report = desk.audit(export=desk.ledger.export(note=note), expect=TRUST)
    assert report["verdict"] == "audit-root"
    assert "two signatures" not in desk.run("audit", "ledger", expect=TRUST).stderr


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_book_that_was_damaged_accuses_nobody(desk, size):
    desk.add(desk.lease(3, 1))
    desk.audit()
    with closing(sqlite3.connect(desk.folder / "desk" / "audit" / f"{ORIGIN.replace('/', '+')}.audit")) as book, book:
        roots = bytearray(book.execute("SELECT roots FROM roots").fetchone()[0])
        roots[32 * (size - 1)] ^= 1
        book.execute("UPDATE roots SET roots = ?", (bytes(roots),))
    for export in (desk.ledger.export(), desk.ledger.export(size=size), desk.ledger.export(since=3)):
        said = desk.audit(export=export, expect=FILES)
        assert said["code"] == "store-corrupt" and "move the file away" in said["message"]


def test_an_export_that_ends_before_the_checkpoint_given_is_not_judged_by_it(desk):
    desk.write(desk.ledger.checkpoint(), "previous")
    said = desk.audit("--previous", "previous", export=desk.ledger.export(size=1), expect=INPUT)
    assert said["code"] == "audit-short" and "ends with 1 leaves" in said["message"]
    desk.audit()
    report = desk.audit("--previous", "previous", export=desk.ledger.export(size=1))
    assert report["verdict"] == "already-audited"


# Exports of several hosts

SOUTH = f"kms.south.example/{VENDOR}"


@pytest.fixture
def south(desk):
    """The ledger of another host, with a license of its own."""
    ledger = Ledger(SigningKey(SOUTH), origin=SOUTH)
    license_id = desk.license_for(ledger, "kms.south.example", "south-license")
    ledger.leaves += [replace(desk.lease(machine, days), license=license_id, host=ledger.key).text() for machine, days in ((1, 0), (7, 15))]
    return ledger


def test_exports_of_several_hosts_give_one_true_up_final_up_to_the_earliest_end(desk, south):
    desk.write(desk.ledger.export(), "north")
    desk.write(south.export(), "south")
    report = json.loads(desk.run("audit", "south", "north", "--json", "--csv", "bill.csv").stdout)
    assert (report["verdict"], report["finding_count"]) == ("clean", 0)
    assert report["final_until"] == written(desk.lease(2).issued)
    assert {export["file"]: (export["origin"], export["leases"], export["verdict"]) for export in report["exports"]} == {
        "north": (ORIGIN, 2, "clean"), "south": (SOUTH, 2, "clean")}  # fmt: skip
    rows = {(row["license"], row["month"]): row["machines"] for row in report["true_up"]}
    assert len(rows) == len(report["true_up"]) == 2 and sorted(rows.values()) == [2, 2]
    assert len(list(csv.DictReader(io.StringIO((desk.folder / "bill.csv").read_text())))) == 2
    again = json.loads(desk.run("audit", "north", "south", "--json").stdout)
    assert (again["verdict"], again["true_up"]) == ("already-audited", report["true_up"])
    said = desk.run("audit", "north", "south").stdout
    assert said.count("nothing new") == 2 and said.count("2026-01") >= 2 and "Final until" in said


def test_what_is_wrong_with_one_export_is_no_reason_to_lose_the_others(desk, south):
    desk.write(desk.ledger.export(), "north")
    desk.write(south.export(since=1), "gap")
    report = json.loads(desk.run("audit", "north", "gap", "--json", expect=INPUT).stdout)
    assert report["verdict"] == "audit-gap" and "true_up" not in report and "final_until" not in report
    assert {export["file"]: export["verdict"] for export in report["exports"]} == {"north": "clean", "gap": "audit-gap"}
    assert "begins at 1" in report["exports"][0]["message"]
    assert "(audit-gap)" in desk.run("audit", "gap", "north", expect=INPUT).stderr
    desk.write(south.export(note=desk.ledger.checkpoint()), "forged")
    report = json.loads(desk.run("audit", "north", "forged", "--json", expect=TRUST).stdout)
    assert report["verdict"] == "checkpoint-signer" and "true_up" not in report
    assert {export["file"]: export["verdict"] for export in report["exports"]} == {"north": "already-audited", "forged": "checkpoint-signer"}
    assert desk.run("audit", "north", "missing", expect=FILES).stdout == ""
    desk.run("audit", "north", "south", "--previous", "north", expect=USAGE)


def test_findings_of_several_exports_are_counted_together(desk, south):
    desk.add(desk.lease(3, feature="render"))
    south.leaves += [replace(desk.lease(8, 30), host=south.key).text()]
    desk.write(desk.ledger.export(), "north")
    desk.write(south.export(), "south")
    report = json.loads(desk.run("audit", "north", "south", "--json", expect=TRUST).stdout)
    assert (report["verdict"], report["finding_count"]) == ("audit-findings", 2)
    assert {export["file"]: errors(export) for export in report["exports"]} == {
        "north": [(2, "audit-features")], "south": [(2, "audit-license-unknown")]}  # fmt: skip
    assert "2 in all" in desk.run("audit", "north", "south", expect=TRUST).stderr
    done = desk.run("audit", "north", "south", "--csv", "-", expect=TRUST)
    assert [line.split(" ", 2)[:2] for line in done.stderr.splitlines()[:4]] == [["south:"], ["leaf", "2:"], ["north:"], ["leaf", "2:"]]


def test_each_export_that_fails_is_named_also_where_the_csv_stands_alone(desk, south):
    desk.write(desk.ledger.export(since=1), "north")
    desk.write(south.export(since=1), "south")
    done = desk.run("audit", "north", "south", "--csv", "-", expect=INPUT)
    assert done.stdout == "" and sorted(line.split(": ")[1] for line in done.stderr.splitlines()) == ["north", "south"]
    assert done.stderr.count("(audit-gap)") == 2


def test_parts_and_epochs_of_one_ledger_may_be_given_in_any_order(desk):
    """Each month is billed once, by the part that knows the most of it."""
    desk.add(desk.lease(3, 1), desk.released(1, 2))
    second = Ledger(desk.ledger.key, origin=f"{ORIGIN}/epoch-2")
    end = open_checkpoint(desk.ledger.checkpoint().encode(), desk.ledger.key.verifier)
    began = written(BEGIN + timedelta(days=3))
    second.leaves.append(f"aval epoch v1\norigin {second.origin}\nprevious {ORIGIN}\nsize 4\nroot {to_base64(end.root)}\n"
                         f"found 4\nwhy lost\nbegan {began}\n".encode())
    second.leaves.append(desk.lease(4, 4).text())
    for number, (ledger, since, size) in enumerate(((second, 0, 2), (desk.ledger, 1, 4), (desk.ledger, 0, 2))):
        desk.write(ledger.export(since, size), f"part{number}")
    report = json.loads(desk.run("audit", "part0", "part1", "part2", "--json").stdout)
    assert [(export["file"], export["verdict"]) for export in report["exports"]] == [
        ("part2", "clean"), ("part1", "clean"), ("part0", "clean")]  # fmt: skip
    rows = [(row["month"], row["machines"], row["peak"], row["outstanding"]) for row in report["true_up"]]
    assert rows == [("2026-01", 4, 3, 4)]


def next_epoch(desk, number, began, size, why="lost", previous=None, of=None):
    """The ledger that a host begins anew after the first `size` leaves of the desk's, or of another."""
    made = Ledger(desk.ledger.key, origin=f"{desk.ledger.origin}/epoch-{number}")
    end = open_checkpoint((of or desk.ledger).checkpoint(size).encode(), desk.ledger.key.verifier)
    made.leaves.append(f"aval epoch v1\norigin {made.origin}\nprevious {previous or desk.ledger.origin}\nsize {size}\nroot {to_base64(end.root)}\n"
                       f"found {size}\nwhy {why}\nbegan {written(began)}\n".encode())
    return made


def test_an_epoch_is_held_against_the_one_that_it_follows_whatever_its_number(desk):
    desk.audit()
    began = BEGIN + timedelta(days=3)
    rewritten = Ledger(desk.ledger.key, [desk.lease(5).text()])
    hiding = next_epoch(desk, 1768300000, began, size=1, of=rewritten)
    assert desk.audit(export=hiding.export(), expect=TRUST)["verdict"] == "consistency-wrong"
    honest = next_epoch(desk, 1768300000, began, size=2)
    honest.leaves.append(desk.lease(3, 4).text())
    report = desk.audit(export=honest.export())
    assert (report["verdict"], report["coverage"]) == ("clean", "complete")
    between = next_epoch(desk, 1768400000, began + timedelta(days=3), size=2, previous=f"{ORIGIN}/epoch-1768350000")
    assert desk.audit(export=between.export())["coverage"] == "partial", "the one between was never audited"


def test_the_epoch_before_is_found_whatever_the_host_is_called(desk):
    host = "kms.audit.example"
    desk.ledger = Ledger(SigningKey(f"{host}/{VENDOR}"), origin=f"{host}/{VENDOR}")
    desk.license = desk.license_for(desk.ledger, host, "another")
    desk.add(desk.lease(1))
    desk.audit()
    report = desk.audit(export=next_epoch(desk, 1768300000, BEGIN + timedelta(days=3), size=1).export())
    assert (report["verdict"], report["coverage"]) == ("clean", "complete")


def test_a_ledger_begun_again_because_of_its_clock_goes_on_from_the_right_time(desk):
    desk.add(desk.lease(3, 100))
    desk.audit()
    ahead = desk.ledger
    again = next_epoch(desk, 1768100000, BEGIN + timedelta(days=1), size=3, why="clock")
    rows = [(row["month"], row["machines"], row["peak"], row["outstanding"]) for row in desk.audit(export=again.export())["true_up"]]
    assert rows == [("2026-01", 3, 3, 3)], "what is outstanding counts too, and months that have not come do not"
    again.leaves.append(desk.lease(1, 2, number=2).text())
    report = desk.audit(export=again.export())
    assert (report["verdict"], report["finding_count"]) == ("clean", 0)
    assert [(row["month"], row["machines"], row["peak"]) for row in report["true_up"]][0] == ("2026-01", 3, 3)
    lost = next_epoch(desk, 1768100001, BEGIN + timedelta(days=1), size=3, why="lost")
    assert ahead is desk.ledger and desk.audit(export=lost.export(), expect=TRUST)["finding_count"] > 0


# Hosts that change their ledger


def test_a_split_view_is_caught_by_the_checkpoint_shown_before(desk):
    desk.write(desk.ledger.checkpoint(), "previous")
    desk.ledger.leaves[1] = desk.lease(3).text()
    report = desk.audit("--previous", "previous", expect=TRUST)
    assert report["verdict"] == "consistency-wrong"
    assert "true_up" not in report
    assert "two signatures" in desk.run("audit", "ledger", "--previous", "previous", expect=TRUST).stderr


def test_a_ledger_cut_and_grown_again_is_caught_by_the_desk_itself(desk):
    desk.audit()
    desk.ledger.leaves.pop()
    assert desk.audit()["verdict"] == "already-audited", "it might be an older export"
    desk.add(desk.lease(3), desk.lease(4))
    assert desk.audit(expect=TRUST)["verdict"] == "consistency-wrong"
    assert desk.audit(export=desk.ledger.export(since=2), expect=TRUST)["verdict"] == "consistency-wrong"


def test_a_lease_altered_after_it_was_signed_is_caught(desk):
    note = desk.ledger.checkpoint()
    desk.ledger.leaves[0] = desk.lease(1, lasts=LEASE - timedelta(days=1)).text()
    assert desk.audit(export=desk.ledger.export(note=note), expect=TRUST)["verdict"] == "audit-root"


def test_a_lease_left_out_is_caught(desk):
    note = desk.ledger.checkpoint()
    desk.ledger.leaves.pop(0)
    assert desk.audit(export=desk.ledger.export(note=note), expect=TRUST)["verdict"] == "audit-root"


def test_a_checkpoint_by_another_key_is_refused(desk):
    other = SigningKey(ORIGIN)
    export = desk.ledger.export(note=desk.ledger.checkpoint(key=other))
    assert desk.audit(export=export, expect=TRUST)["verdict"] == "checkpoint-signer"
    report = desk.audit("--host-key", other.verifier, export=export, expect=TRUST)
    assert errors(report) == [(0, "audit-request"), (1, "audit-request")], "machines asked the license's key and no other"
    assert desk.audit("--host-key", other.verifier, expect=TRUST)["verdict"] == "checkpoint-signer"


# Hosts that issue what they may not

CHEATS = {
    "a lease longer than the license allows": ("audit-dates", dict(lasts=LEASE + timedelta(seconds=1))),
    "a lease before the license": ("audit-times", dict(issued=datetime(2025, 12, 31, tzinfo=timezone.utc))),
    "a back-dated lease": ("audit-times", dict(issued=BEGIN)),
    "a license unknown to the desk": ("audit-license-unknown", dict(license="ffffffffffffffffffff")),
    "a feature that was not bought": ("audit-features", dict(feature="render")),
    "two leases for one request": ("audit-number", dict(machine=1)),
    "a machine of other hardware": ("audit-hardware", dict(machine=1, number=2, hardware=7)),
    "a request that its machine did not sign": ("audit-request", dict(signer=9)),
    "a request that was meant for another host": ("audit-request", dict(asked=SigningKey(f"kms2.uni.example/{VENDOR}"))),
    "a request for another key of that name": ("audit-request", dict(asked=SigningKey(ORIGIN))),
    "a request long before its lease": ("audit-times", dict(waited=timedelta(hours=4, seconds=1))),
    "a request long after its lease": ("audit-times", dict(waited=timedelta(hours=-4, seconds=-1))),
    "an offline request too long before": ("audit-times", dict(waited=timedelta(days=30, seconds=1), offline=True)),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_what_a_host_may_not_issue_is_found(desk, cheat):
    error, changes = CHEATS[cheat]
    desk.add(replace(desk.lease(3), **changes))
    report = desk.audit(expect=TRUST)
    assert report["verdict"] == "audit-findings"
    assert (2, error) in errors(report)
    assert {index for index, _ in errors(report)} == {2}


def test_leaves_that_are_dated_ahead_are_told_and_accuse_nobody(desk):
    february = beginning_at(datetime(2026, 2, 1))
    ahead = datetime(2026, 3, 5, tzinfo=timezone.utc)
    desk.add(replace(desk.lease(1), issued=ahead, number=2))
    report = desk.audit(env=february)
    assert report["verdict"] == "clean" and report["finding_count"] == 0
    assert [report[key] for key in ("ahead", "ahead_first", "ahead_last")] == [1, 2, 2]
    assert report["ahead_from"] == report["ahead_until"] == written(ahead)
    assert {row["month"] for row in report["true_up"]} == {"2026-01", "2026-02"}, "and none that has not come"
    said = " ".join(desk.run("audit", "ledger", env=february).stdout.split())
    assert "clock was ahead when it wrote them, or this desk's is behind" in said


def test_what_comes_behind_a_leaf_dated_ahead_must_not_be_dated_before_it(desk):
    desk.add(replace(desk.lease(1), issued=BEGIN + timedelta(days=40), number=2), desk.lease(3))
    assert errors(desk.audit(expect=TRUST)) == [(3, "audit-times")]


def test_a_seat_beyond_the_license_is_found_with_license_and_machine(desk):
    desk.add(desk.lease(3), desk.lease(4))
    finding, = desk.audit(expect=TRUST)["findings"]
    assert finding == {"index": 3, "error": "audit-seats", "license": desk.license, "machine": machine_key(4).id,
                       "what": "4 machines hold the 3 seats"}  # fmt: skip


def test_what_the_operator_answered_as_a_file_may_be_thirty_days_old(desk):
    license_begins = timedelta(days=9)  # before BEGIN
    desk.add(desk.lease(3, 25, offline=True, waited=timedelta(days=30)), desk.lease(4, 45, waited=license_begins, offline=True))
    assert desk.audit()["verdict"] == "clean"


@pytest.mark.parametrize("machine, changes, error", [
    (1, dict(signer=9), "audit-request"), (3, {}, "audit-release"), (1, dict(number=1), "audit-number"),
])  # fmt: skip
def test_a_release_invented_by_the_host_is_found(desk, machine, changes, error):
    desk.add(desk.released(machine, 1, **changes))
    assert (2, error) in errors(desk.audit(expect=TRUST))


def reclaimed(desk, machine, index, days, origin=ORIGIN):
    when = (BEGIN + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (f"aval reclaimed v1\nlicense {desk.license}\nmachine-key {machine_key(machine).verifier}\n"
            f"lease-origin {origin}\nlease-index {index}\nreclaimed {when}\n").encode()


def test_a_seat_that_was_reclaimed_may_be_given_to_another_machine(desk):
    desk.add(desk.lease(3), reclaimed(desk, 1, 0, 1), desk.lease(4, 2))
    report = desk.audit()
    assert (report["verdict"], report["reclaims"]) == ("clean", 1)
    row, = report["true_up"]
    assert (row["peak"], row["outstanding"]) == (3, 4)


def test_a_seat_reclaimed_of_another_lease_or_beyond_the_license_is_found(desk):
    desk.add(reclaimed(desk, 1, 1, 1), reclaimed(desk, 1, 0, 2), reclaimed(desk, 2, 1, 3), desk.lease(3, 4),
             reclaimed(desk, 3, 5, 5), desk.lease(1, 6, number=2), desk.lease(2, 6, number=2), desk.lease(4, 6))
    report = desk.audit(expect=TRUST)
    assert errors(report) == [(2, "audit-reclaim"), (6, "audit-reclaim"), (9, "audit-seats")]


# What machines have seen


def signed(ledger, size):
    return Seen.of(ledger.checkpoint(size), ledger.key.verifier)


def test_what_machines_have_seen_of_an_honest_host_is_in_its_ledger(desk):
    for number, size in enumerate((0, 1, 2, 3, 4), 2):
        seen = signed(desk.ledger, size) if size else empty_seen(desk.ledger.key)
        desk.add(desk.lease(1, number, number=number, seen=seen))
    assert desk.audit()["verdict"] == "clean"


def test_another_tree_of_a_size_that_a_machine_has_seen_is_found_and_proved(desk):
    other = Ledger(desk.ledger.key, [desk.lease(8).text(), desk.lease(9).text()])
    desk.add(desk.lease(1, 20, number=2, seen=signed(other, 2)))
    report = desk.audit(expect=TRUST)
    assert errors(report) == [(2, "audit-seen")]
    finding, = report["findings"]
    assert to_base64(signed(other, 2).checkpoint.root) in finding["what"] and "proves it" in finding["what"]


def test_a_tree_that_a_machine_had_seen_before_the_ledger_was_that_large_is_found(desk):
    longer = Ledger(desk.ledger.key, desk.ledger.leaves + [desk.lease(8).text(), desk.lease(9).text()])
    desk.add(desk.lease(1, 20, number=2, seen=signed(longer, 4)))
    assert errors(desk.audit(expect=TRUST)) == [(2, "audit-seen")]


def test_what_the_host_s_key_did_not_sign_proves_nothing_against_it(desk):
    """A machine that makes testimony up accuses nobody; that the host took it is all that is found."""
    made_up = Ledger(SigningKey(ORIGIN), [desk.lease(8).text(), desk.lease(9).text()])
    desk.add(desk.lease(1, 20, number=2, seen=signed(made_up, 2)))
    assert errors(desk.audit(expect=TRUST)) == [(2, "audit-request")]


def test_what_a_host_lost_is_told_by_what_its_machines_had_seen(desk):
    """B5: the ledger begins again after one leaf, and a machine that had seen two says so in the new one."""
    seen = signed(desk.ledger, 2)
    kept = Ledger(desk.ledger.key, desk.ledger.leaves[:1])
    desk.ledger = kept
    desk.audit()
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=3), size=1)
    again.leaves.append(desk.lease(2, 4, number=2, seen=seen).text())
    report = desk.audit(export=again.export())
    assert report["verdict"] == "clean"
    lost, = report["lost"]
    assert (lost["origin"], lost["told_size"], lost["seen_size"], lost["entries"]) == (ORIGIN, 1, 2, 1)
    assert lost["outstanding"] == "unknown"


def test_an_old_copy_set_up_again_after_an_audit_accuses_nobody(desk):
    """What was audited and is lost stays in the true-up, and a machine that got no answer may ask with the same note again."""
    desk.add(desk.lease(3, 1), desk.lease(1, 2, number=2))
    desk.audit()
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=2), size=2, why="restored")
    again.leaves += [desk.lease(1, 2, number=2).text(), desk.lease(2, 30, number=2).text()]
    report = desk.audit(export=again.export())
    assert (report["verdict"], report["finding_count"], report["coverage"]) == ("clean", 0, "complete")
    assert report["lost"] == [{"origin": ORIGIN, "told_size": 2, "audited_size": 4, "seen_size": 0, "entries": 2, "outstanding": "counted"}]
    rows = [(row["month"], row["machines"], row["peak"], row["outstanding"]) for row in report["true_up"]]
    assert rows == [("2026-01", 3, 3, 3), ("2026-02", 3, 3, 3)]
    said = desk.run("audit", "ledger").stdout
    assert "audited by the desk" in said and "outstanding until they end" in said
    again.leaves.append(desk.lease(4, 30).text())
    report = desk.audit(export=again.export(since=3))
    assert report["finding_count"] == 0, "its host cannot know of the seat that the lost lease still holds"
    assert [(row["peak"], row["seats"], row["overage"]) for row in report["true_up"]] == [(4, 2, 2)]
    again.leaves.append(desk.lease(5, 31).text())
    report = desk.audit(export=again.export(since=4), expect=TRUST)
    assert errors(report) == [(4, "audit-seats")], "three machines have got a lease from it since"


def test_a_first_leaf_that_tells_another_tree_than_the_desk_has_audited_is_proved_by_two_signatures(desk):
    desk.add(desk.lease(3, 1))
    desk.audit()
    rewritten = Ledger(desk.ledger.key, [desk.lease(8).text(), desk.lease(9).text()])
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=2), size=2, of=rewritten)
    report = desk.audit(export=again.export(), expect=TRUST)
    assert (report["verdict"], report["differs_at"], report["signed_size_before"]) == ("consistency-wrong", 2, 3)
    assert report["root"] == to_base64(signed(rewritten, 2).checkpoint.root)
    assert report["root_before"] == to_base64(signed(desk.ledger, 2).checkpoint.root)
    said = desk.run("audit", "ledger", expect=TRUST).stderr
    assert f"{ORIGIN.replace('/', '+')}.checkpoint" in said and "Keep also the export that was audited then" in said
    forged_note = again.checkpoint(key=SigningKey(ORIGIN))
    report = desk.audit(export=again.export(note=forged_note), expect=TRUST)
    assert report["verdict"] == "checkpoint-signer", "what the host did not sign accuses nobody"


def test_what_was_lost_is_told_also_where_the_epoch_before_was_never_audited(desk):
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=3), size=1)
    again.leaves.append(desk.lease(2, 4, number=2, seen=signed(desk.ledger, 2)).text())
    report = desk.audit(export=again.export())
    assert (report["verdict"], report["coverage"]) == ("clean", "partial")
    assert report["lost"] == [{"origin": ORIGIN, "told_size": 1, "audited_size": 0, "seen_size": 2, "entries": 1, "outstanding": "unknown"}]


def test_a_loss_that_the_host_never_signed_is_none(desk):
    made_up = Ledger(SigningKey(ORIGIN), [desk.lease(8).text(), desk.lease(9).text()])
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=3), size=1)
    again.leaves.append(desk.lease(2, 4, number=2, seen=signed(made_up, 2)).text())
    report = desk.audit(export=again.export(), expect=TRUST)
    assert (errors(report), report["lost"]) == ([(1, "audit-request")], [])


def test_of_an_epoch_after_which_nobody_saw_more_nothing_is_lost(desk):
    desk.audit()
    again = next_epoch(desk, 1768300000, BEGIN + timedelta(days=3), size=2)
    again.leaves.append(desk.lease(2, 4, number=2, seen=signed(desk.ledger, 2)).text())
    report = desk.audit(export=again.export())
    assert (report["verdict"], report["lost"]) == ("clean", [])


def test_a_leaf_that_is_no_lease_is_found(desk):
    desk.add(b"nonsense\n")
    assert errors(desk.audit(expect=TRUST)) == [(2, "audit-leaf")]


def test_the_first_hundred_findings_are_listed_and_all_are_counted(desk):
    desk.add(*[b"nonsense\n"] * 120)
    report = desk.audit(expect=TRUST)
    assert (report["finding_count"], len(report["findings"])) == (120, 100)
    done = desk.run("audit", "ledger", expect=TRUST)
    assert "and 20 more" in done.stdout and "120 in all" in done.stderr


# Files that are no exports


def test_a_file_that_is_no_export_is_refused(desk):
    whole = desk.ledger.export()
    for export, name in ((b"\x7fELF", "document-type"), (whole[:-1], "text-truncated"), (whole + b"\n", "text-trailing")):
        assert desk.audit(export=export, expect=INPUT)["code"] == name
    assert "(file-read)" in desk.run("audit", "missing", expect=FILES).stderr


def test_a_ledger_of_a_host_without_license_is_refused(desk):
    export = desk.ledger.export().replace(b"origin kms.uni", b"origin kms.other")
    assert desk.audit(export=export, expect=TRUST)["code"] == "audit-license-unknown"
    assert not (desk.folder / "desk" / "audit").exists()
    desk.audit("--host-key", "nonsense", expect=USAGE)
    desk.audit("--host-key", SigningKey("other.example/x").verifier, expect=TRUST)
