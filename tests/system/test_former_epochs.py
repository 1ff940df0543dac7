"""Epochs that have ended: the operator lists and exports them, and the vendor is told where one was not shown."""

import json
import shutil

import pytest
from hosting import HOST, VENDOR, Desk, machine_id
from test_archive import archive, file_of
from test_ledger import activate

USAGE, FILES = 2, 5
ORIGIN = f"{HOST}/{VENDOR}"
COMMAND = f"avalctl ledger export --vendor {VENDOR} --epoch 1 --output FILE"


class Operated:
    """A host of two seats with an overage of many, and the vendor's desk, which has audited its first two leaves."""

    def __init__(self, host, desk, folder):
        self.host, self.desk, self.folder = host, desk, folder
        host.set_up(desk)
        host.avald("import", desk.license(host.request_file(), seats=2, extra=("--overage", "1000")))
        host.start()
        activate(host, 0, 2)
        assert self.audit(self.export("first"))["verdict"] == "clean"
        activate(host, 2, 3)

    def export(self, name, *options):
        path = self.folder / name
        self.host.ctl("ledger", "export", "--output", path, *options)
        return path

    def all_epochs(self, name="all"):
        self.host.ctl("ledger", "export", "--epoch", "all", "--output", self.folder / name)
        return sorted(self.folder.glob(f"{name}.*"))

    def audit(self, *exports, **kwargs):
        return json.loads(self.desk.run("audit", *exports, "--json", **kwargs).stdout)

    def said(self, *exports):
        return " ".join(self.desk.run("audit", *exports).stdout.split())

    def epochs(self):
        return self.host.json("ledger")["epochs"]

    def restore(self):
        backup = self.folder / "backup"
        self.host.avald("backup", backup)
        self.host.stop()
        shutil.rmtree(self.host.data)
        assert "avalctl ledger export --epoch all" in " ".join(self.host.avald("restore", backup).stderr.split())
        self.host.start()

    def recover(self):
        self.host.stop()
        said = self.host.avald("recover", "--copied", "--yes").stderr
        assert f"avalctl ledger export --vendor {VENDOR} --epoch all" in " ".join(said.split())
        self.host.start()


@pytest.fixture
def operated(host, desk, tmp_path):
    return Operated(host, desk, tmp_path)


def billed(report):
    row, = report["true_up"]
    return row["machines"], row["overage"]


@pytest.mark.parametrize("begin_again", [Operated.restore, Operated.recover])
def test_what_the_vendor_had_not_seen_is_exported_and_billed_after_the_ledger_was_begun_again(operated, begin_again):
    begin_again(operated)
    former, newest = operated.epochs()
    assert (former["epoch"], former["origin"], former["leaves"], former["signed_size"], former["newest"]) == (1, ORIGIN, 5, 5, False)
    assert newest["newest"] and newest["leaves"] == newest["signed_size"] == 1 and 0 < former["first"] <= former["last"] <= newest["first"]
    exports = operated.all_epochs()
    assert [path.name for path in exports] == ["all.1", f"all.{newest['epoch']}"]
    report = operated.audit(*exports)
    assert report["verdict"] == "clean" and billed(report) == (5, 3) and "final_until" in report
    assert [each["coverage"] for each in report["exports"]] == ["complete", "complete"]
    assert all(each["unseen"] == [] for each in report["exports"])


def test_who_shows_the_new_epoch_alone_is_told_what_is_missing_and_by_which_command_it_comes(operated):
    """The audit is of what was shown; it says that this is not all, and that nothing is final."""
    operated.restore()
    alone = operated.export("alone")
    said = operated.said(alone)
    assert f"Not shown of: {ORIGIN} audited so far: 2 entries: 3 command: {COMMAND}" in said
    assert "Coverage: partial: entries of an epoch before were not shown" in said
    assert "Verdict: clean as far as it was shown, which is not all" in said
    assert "This true-up may be too low and is not final" in said
    report = operated.audit(alone)
    assert report["coverage"] == "partial" and billed(report) == (2, 0)
    assert report["unseen"] == [{"origin": ORIGIN, "audited_size": 2, "entries": 3, "command": COMMAND}]
    csv = operated.desk.run("audit", alone, "--csv", "-")
    assert "may be too low" in csv.stderr and "avalctl ledger export --epoch all" in csv.stderr
    both = operated.audit(alone, operated.folder / "first")
    assert "final_until" not in both and "Final until" not in operated.said(alone, operated.folder / "first")


def test_what_comes_later_is_billed_then_and_nothing_is_missing_any_more(operated):
    operated.restore()
    alone = operated.export("alone")
    operated.audit(alone)
    program, *command = COMMAND.replace("FILE", str(operated.folder / "former")).split()
    assert program == "avalctl"
    operated.host.ctl(*command)
    report = operated.audit(operated.folder / "former")
    assert (report["verdict"], report["from"], report["to"], report["unseen"]) == ("clean", 0, 5, []) and billed(report) == (5, 3)
    activate(operated.host, 10, 1)
    report = operated.audit(operated.export("newer"))
    assert report["unseen"] == [] and billed(report) == (6, 4)


def test_an_epoch_of_which_nothing_was_shown_is_named_and_then_the_one_before_it(operated):
    operated.recover()
    activate(operated.host, 10, 2)
    operated.recover()
    between = operated.epochs()[1]
    report = operated.audit(operated.export("last"))
    assert [(each["origin"], each["entries"]) for each in report["unseen"]] == [(between["origin"], 3)]
    report = operated.audit(*operated.all_epochs())
    assert billed(report) == (7, 5) and all(each["unseen"] == [] for each in report["exports"])


def test_an_epoch_is_exported_from_a_size_on_and_to_standard_output(operated):
    operated.recover()
    whole = operated.export("whole", "--epoch", "1").read_bytes()
    assert whole.startswith(operated.host.ctl("ledger", "export", "--epoch", "1").stdout.encode()[:40])
    report = operated.audit(operated.export("rest", "--epoch", "1", "--since", "2"))
    assert (report["from"], report["to"], report["leases"], report["verdict"]) == (2, 5, 3, "clean")
    newest = operated.epochs()[1]["epoch"]
    assert operated.export("by-number", "--epoch", newest).read_bytes() == operated.export("by-default").read_bytes()


def test_what_is_no_epoch_is_said(operated):
    said = operated.host.ctl("ledger", "export", "--epoch", "7", "--output", "x", expect=USAGE)
    assert f"the database has no epoch 7 of the ledger {ORIGIN}" in said.stderr
    for wrong in "0", "-1", "first", "":
        operated.host.ctl("ledger", "export", "--epoch", wrong, "--output", "x", expect=USAGE)
    assert "needs --output FILE" in operated.host.ctl("ledger", "export", "--epoch", "all", expect=USAGE).stderr
    operated.host.ctl("ledger", "export", "--epoch", "all", "--since", "1", "--output", "x", expect=USAGE)
    assert not list(operated.folder.glob("x*"))


def test_the_list_is_for_people_too_and_of_one_vendor(operated, build, run, tmp_path):
    operated.recover()
    said = operated.host.ctl("ledger").stdout
    assert [line.split()[:3] for line in said.splitlines()[1:]] == [["1", "5", "5"], [str(operated.epochs()[1]["epoch"]), "1", "1"]]
    assert "ended" in said and "goes on" in said and f"{ORIGIN}/epoch-" in said
    operated.host.enroll(Desk(build, run, tmp_path, "other.example"))
    operated.host.ctl("reload")
    assert "one of several vendors must be named" in operated.host.ctl("ledger", expect=USAGE).stderr
    assert operated.host.json("ledger", "--vendor", VENDOR)["vendor"] == VENDOR


def test_leaves_of_a_former_epoch_that_were_archived_are_exported_and_a_missing_file_is_named(operated):
    activate(operated.host, 100, 300)
    operated.recover()
    before = operated.export("before", "--epoch", "1").read_bytes()
    archive(operated.host)
    file = file_of(0, operated.host.data / "archive", ORIGIN)
    assert file.exists() and operated.export("after", "--epoch", "1").read_bytes() == before
    report = operated.audit(*operated.all_epochs())
    assert report["verdict"] == "clean" and billed(report) == (305, 303)
    file.rename(file.with_suffix(".away"))
    said = operated.host.ctl("ledger", "export", "--epoch", "all", "--output", operated.folder / "some", expect=FILES)
    assert str(file) in said.stderr
    assert [path.name for path in operated.folder.glob("some.*")] == [f"some.{operated.epochs()[1]['epoch']}"], "the others are there"
    assert operated.epochs()[0]["leaves"] == 305 and operated.epochs()[0]["first"] == 0


def test_what_the_database_keeps_no_signature_of_is_not_exported_and_said(operated):
    """A copy of a moment at which the signature of the newest leaf was not in the database yet."""
    host = operated.host
    host.stop()
    kept = host.sql("SELECT * FROM checkpoint")
    host.start()
    activate(host, 10, 1)
    host.stop()
    for row in kept:
        host.sql(f"REPLACE INTO checkpoint VALUES ({', '.join('?' * len(row))})", row)
    host.avald("recover", "--copied", "--yes")
    host.start()
    former = operated.epochs()[0]
    assert (former["leaves"], former["signed_size"]) == (6, 5)
    for which in "1", "all":
        said = host.ctl("ledger", "export", "--epoch", which, "--output", operated.folder / "some")
        assert f"{ORIGIN}: the database has 6 leaves, and a signature of 5 of them; the others cannot be exported." in said.stderr
    report = operated.audit(*sorted(operated.folder.glob("some.*")))
    assert report["verdict"] == "clean" and billed(report) == (5, 3) and "final_until" not in report
    assert [each["entries"] for each in report["exports"][1]["unseen"]] == [1], "it was, as the new epoch says"
