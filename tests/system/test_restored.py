"""A host that was set up again from an old copy of its folder: what it is shown, whom it holds up, and the way out."""

import json
import shutil

import pytest
from clocks import Clock
from hosting import HOST, OTHER, VENDOR, Desk, Machine, denial_code, machine_id

USAGE, TRUST, CONFLICT, BUSY = 2, 4, 6, 18
COUNTED = dict(threshold=None, seats=3, extra=["--counted"])


class Restorable:
    """A host with two vendors, and machines of the first: `known` was there when the folder was copied, `late` came
    after it."""

    def __init__(self, host, desk, build, run, folder, **license):
        self.host, self.desk, self.build, self.run, self.folder = host, desk, build, run, folder
        self.counted = license.get("threshold", 1) is None
        self.copy = folder / "yesterday"
        self.other = Desk(build, run, folder, OTHER)
        host.set_up(desk)
        host.enroll(self.other)
        host.avald("import", desk.license(host.request_file(), "pro.license", **license))
        host.avald("import", self.other.license(host.request_file(OTHER), "other.license"))
        host.start()
        self.known = self.machine("known")
        self.known.activate()
        host.stop()
        shutil.copytree(host.data, self.copy)
        host.start()
        self.late = self.machine("late")
        self.late.activate()
        self.renew(self.known)

    def machine(self, name):
        return Machine(self.build, self.run, self.folder / name, self.desk, self.host, self.counted)

    def renew(self, machine, expect=0):
        machine.aval("host", "set", f"127.0.0.1:{self.host.port}")
        return machine.aval("renew", "--force", expect=expect)

    def restore(self):
        self.host.stop()
        shutil.rmtree(self.host.data)
        shutil.copytree(self.copy, self.host.data)
        self.host.start()

    def standings(self):
        return {each["vendor"]: each["trouble"] for each in self.host.json("status")["ledgers"]}

    def ledger(self):
        return next(each for each in self.host.json("status")["ledgers"] if each["vendor"] == VENDOR)

    def epoch(self):
        return int(self.ledger()["origin"].rpartition("-")[2])

    def command(self):
        """What status names, as it names it, while the host is stopped."""
        program, *args = self.ledger()["command"].split()
        assert program == "avald"
        self.host.stop()
        said = self.host.avald(*args)
        self.host.start()
        return said

    def renews_by_itself(self, machine):
        self.renew(machine)
        status = machine.status()
        assert status["state"] == "licensed" and status["lease"]["ledger_epoch"] == self.epoch()
        assert json.loads(machine.aval("evidence", "--json").stdout) == []

    def audit(self, expect=0):
        export = self.folder / "export"
        export.unlink(missing_ok=True)
        self.host.ctl("ledger", "export", "--vendor", VENDOR, "--output", export)
        return json.loads(self.desk.run("audit", export, "--json", expect=expect).stdout)


@pytest.fixture
def restorable(host, desk, build, run, tmp_path):
    return Restorable(host, desk, build, run, tmp_path)


@pytest.fixture
def restored(restorable):
    """Restored from yesterday's copy, and shown so by the machine that came after it."""
    restorable.restore()
    assert restorable.standings() == {VENDOR: "", OTHER: ""}, "by itself it cannot know"
    restorable.said = restorable.renew(restorable.late, expect=BUSY)
    return restorable


def test_the_machine_is_told_that_the_host_is_at_fault_and_stays_licensed(restored):
    said = restored.said.stdout + restored.said.stderr
    assert "host-restored" in said and "nothing is wrong with this machine" in said
    assert restored.late.status()["state"] == "licensed"
    assert json.loads(restored.late.aval("evidence", "--json").stdout) == []


def test_from_then_on_that_vendor_stands_still_and_others_go_on(restored):
    status, body = restored.host.activate(machine_id(1))
    assert (status, denial_code(body)) == (503, "host-restored"), "a machine that has seen nothing at all"
    status, body = restored.host.activate(machine_id(1), vendor=OTHER)
    assert status == 200, body
    assert restored.ledger()["size"] == 1
    assert restored.standings() == {VENDOR: "host-restored", OTHER: ""}


def test_status_readiness_and_log_say_so_and_name_the_command(restored):
    command = f"avald recover --restored {VENDOR} --yes"
    ledger = restored.ledger()
    assert (ledger["shown_origin"], ledger["shown_size"], ledger["command"]) == (f"{HOST}/{VENDOR}", 2, command)
    said = " ".join(restored.host.ctl("status").stdout.split())
    assert "Trouble: host-restored" in said and f"{VENDOR}: host-restored: a machine has shown this host" in said
    assert command in said and f"{OTHER}: " not in said
    assert restored.host.ask("GET", "/readyz") == (503, f"host-restored {VENDOR}\n")
    assert restored.host.ask("GET", "/healthz") == (200, "ok\n")
    restored.renew(restored.late, expect=BUSY)
    restored.host.logs("event=ledger-restored", command)
    assert restored.host.log().count("event=ledger-restored") == 1


def test_what_it_was_shown_survives_a_restart_and_the_host_being_killed(restored):
    for number in 15, 9:
        restored.host.stop(number, expect=-9 if number == 9 else 0)
        restored.host.start()
        assert restored.standings() == {VENDOR: "host-restored", OTHER: ""}
        assert denial_code(restored.host.activate(machine_id(1))[1]) == "host-restored"


def test_recover_says_what_it_was_shown_and_does_nothing_unless_told_to(restored):
    restored.host.stop()
    said = restored.host.avald("recover", "--restored", VENDOR, expect=USAGE)
    assert f"had signed 2 leaves of {HOST}/{VENDOR}; it has 1" in said.stdout
    assert f"avald recover --restored {VENDOR} --yes" in said.stderr
    assert "nothing-lost" in restored.host.avald("recover", "--yes", expect=CONFLICT).stderr
    said = restored.host.avald("recover", "--restored", OTHER, "--yes", expect=CONFLICT)
    assert "nothing-lost" in said.stderr and "shown this host" in said.stderr
    restored.host.avald("recover", "--restored", VENDOR, "--clock", expect=USAGE)
    restored.host.avald("recover", "--restored", VENDOR, "--vendor", VENDOR, expect=USAGE)
    restored.host.avald("recover", "--restored", "nobody.example", expect=USAGE)
    restored.host.start()
    assert restored.standings()[VENDOR] == "host-restored"


def test_after_the_command_machines_renew_by_themselves_and_hold_nothing_against_the_host(restored):
    said = restored.command()
    assert f"{VENDOR}: began the ledger {HOST}/{VENDOR}/epoch-" in said.stdout
    assert restored.standings() == {VENDOR: "", OTHER: ""}
    assert restored.host.ask("GET", "/readyz") == (200, "ok\n")
    for machine in restored.late, restored.known:
        restored.renews_by_itself(machine)
    assert restored.host.activate(machine_id(1), vendor=OTHER)[0] == 200


def test_the_new_ledger_tells_what_the_host_was_shown_and_the_audit_what_was_lost(restored, tmp_path):
    restored.command()
    restored.renew(restored.late)
    report = restored.audit()
    assert report["why"] == "restored" and report["verdict"] == "clean"
    assert [(each["origin"], each["size"]) for each in report["shown"]] == [(f"{HOST}/{VENDOR}", 2)]


def test_what_the_host_was_shown_tells_the_audit_what_is_lost_before_any_machine_renews(restorable):
    """The vendor has audited the copy, and knows nothing of what came after it."""
    restorable.restore()
    assert restorable.audit()["verdict"] == "clean"
    restorable.renew(restorable.late, expect=BUSY)
    restorable.command()
    report = restorable.audit()
    assert report["verdict"] == "clean" and report["to"] == 1
    told, = report["lost"]
    assert (told["origin"], told["told_size"], told["seen_size"], told["entries"]) == (f"{HOST}/{VENDOR}", 1, 2, 1)


def test_what_the_vendor_has_audited_beyond_the_copy_accuses_nobody(restorable):
    assert restorable.audit()["verdict"] == "clean"
    restorable.restore()
    restorable.renew(restorable.known, expect=BUSY)
    restorable.command()
    restorable.renews_by_itself(restorable.late)
    report = restorable.audit()
    assert report["verdict"] == "clean", report
    assert [loss["outstanding"] for loss in report["lost"]] == ["counted"], "the vendor has read all of it"


def test_a_copy_of_which_the_host_is_told_before_it_serves_accuses_nobody(restorable):
    host = restorable.host
    host.stop()
    shutil.rmtree(host.data)
    shutil.copytree(restorable.copy, host.data)
    said = host.avald("recover", "--copied", expect=USAGE)
    assert f"{VENDOR}: this copy has 1 leaves of {HOST}/{VENDOR}" in said.stdout and f"{OTHER}: this copy has 0 leaves" in said.stdout
    assert "avald recover --copied --yes" in said.stderr
    for option in ["--clock"], ["--restored", VENDOR]:
        host.avald("recover", "--copied", *option, expect=USAGE)
    said = host.avald("recover", "--copied", "--yes").stdout
    assert f"{VENDOR}: began the ledger" in said and f"{OTHER}: began the ledger" in said
    host.start()
    for machine in restorable.known, restorable.late:
        restorable.renews_by_itself(machine)
    report = restorable.audit()
    assert report["why"] == "restored" and report["verdict"] == "clean"


def test_where_it_was_not_told_the_audit_says_that_two_trees_were_signed_and_not_why(restorable):
    """Machines that have seen nothing newer are served before one that has."""
    restorable.restore()
    for machine in "third", "fourth":
        restorable.machine(machine).activate()
    restorable.renew(restorable.late, expect=BUSY)
    assert restorable.audit()["verdict"] == "clean", "of the epoch that is about to end"
    restorable.command()
    restorable.renews_by_itself(restorable.late)
    restorable.renews_by_itself(restorable.known)
    report = restorable.audit(expect=TRUST)
    assert {finding["error"] for finding in report["findings"]} == {"audit-copy"}
    for finding in report["findings"]:
        assert "both are signed by the host's key, which proves it" in finding["what"]
        assert finding["what"].endswith("an old copy of the host's folder has served, by mistake or on purpose")
    said = restorable.desk.run("audit", restorable.folder / "export", expect=TRUST).stderr
    assert "nothing tells why" in said and "`avald recover --copied`" in said
    for machine in restorable.late, restorable.known:
        assert json.loads(machine.aval("evidence", "--json").stdout) == []


def test_one_copy_restored_twice_begins_two_epochs(restored):
    restored.command()
    first = restored.epoch()
    for machine in restored.late, restored.known:
        restored.renew(machine)
    restored.restore()
    restored.renew(restored.known, expect=BUSY)
    assert restored.ledger()["shown_origin"] == f"{HOST}/{VENDOR}/epoch-{first}"
    restored.command()
    assert restored.epoch() > first
    for machine in restored.known, restored.late:
        restored.renews_by_itself(machine)
    assert restored.audit()["verdict"] == "clean"


def test_a_database_that_lost_its_newest_entries_carries_what_was_shown_too(restored, tmp_path):
    """Restored, shown so, and then the database alone is put back once more: the plain command tells of both."""
    restored.host.stop()
    database = restored.host.data / "avald.db"
    shutil.copy(database, tmp_path / "shown.db")
    restored.host.start()
    restored.command()
    restored.renew(restored.late)
    restored.host.stop()
    shutil.copy(tmp_path / "shown.db", database)
    said = restored.host.avald("serve", "--port", 0, "--address", "127.0.0.1", expect=CONFLICT)
    assert "store-rolled-back" in said.stderr
    restored.host.avald("recover", "--yes")
    restored.host.start()
    for machine in restored.late, restored.known:
        restored.renews_by_itself(machine)


def test_a_clock_that_was_ahead_and_a_restore_end_with_one_command(restorable, tmp_path):
    clock = Clock(tmp_path)
    restorable.host.stop()
    clock.set_days(100)
    restorable.host.start(prefix=clock.prefix)
    status, body = restorable.host.activate(machine_id(1), when=clock.in_days(100))
    assert status == 200, body
    restorable.host.stop()
    restorable.host.start()
    assert restorable.standings()[VENDOR] == "host-clock"
    assert f"avald recover --clock --vendor {VENDOR} --yes" == restorable.ledger()["command"]
    restorable.command()
    for machine in restorable.known, restorable.late:
        restorable.renews_by_itself(machine)
    restorable.restore()
    restorable.renew(restorable.late, expect=BUSY)
    restorable.command()
    for machine in restorable.known, restorable.late:
        restorable.renews_by_itself(machine)


def test_a_lease_given_back_since_the_copy_is_not_given_again_but_shows_that_the_host_is_one(host, desk, build, run, tmp_path):
    """Of a counted license, whose lease would not end later: the copy has it still, and the machine takes it no more. What
    it has seen last it was shown with its release, beside which it has kept nothing."""
    scene = Restorable(host, desk, build, run, tmp_path, **COUNTED)
    scene.known.aval("release")
    scene.restore()
    said = scene.known.activate(expect=BUSY)
    assert "host-restored" in said.stdout + said.stderr
    assert (scene.ledger()["shown_origin"], scene.ledger()["shown_size"]) == (f"{HOST}/{VENDOR}", 3)
    scene.command()
    scene.known.activate()
    scene.renews_by_itself(scene.known)
    scene.renews_by_itself(scene.late)
    assert scene.audit()["verdict"] == "clean"


def test_a_machine_set_back_to_before_an_epoch_goes_on_though_its_lease_would_end_no_later(host, desk, build, run, tmp_path):
    """It takes the epoch for a leaf that says what the backup of its own folder has seen, and the running lease says what it
    had seen after that."""
    scene = Restorable(host, desk, build, run, tmp_path, **COUNTED)
    backup = tmp_path / "backup"
    shutil.copytree(scene.known.folder, backup, symlinks=True)
    scene.machine("third").activate()
    scene.renew(scene.known)
    host.stop()
    host.avald("recover", "--copied", "--yes")
    host.start()
    scene.renews_by_itself(scene.known)
    ends = scene.known.status()["lease"]["expires"]
    for _ in range(2):
        shutil.rmtree(scene.known.folder)
        shutil.copytree(backup, scene.known.folder, symlinks=True)
        scene.renews_by_itself(scene.known)
        assert scene.known.status()["lease"]["expires"] == ends
    assert scene.ledger()["size"] == 3, "that of the epoch, and two leases"
    assert scene.audit()["verdict"] == "clean"


@pytest.mark.parametrize("then", [("renew", "--force"), ("release",)])
def test_a_reclaim_that_was_lost_is_held_against_nobody(host, desk, build, run, tmp_path, then):
    """The vendor knows of it, and the host that goes on with the seat does not."""
    restorable = Restorable(host, desk, build, run, tmp_path, extra=["--first-lease", "30d"])
    port = host.port
    assert host.json("reclaim", restorable.known.status()["machine"], "--yes")["outcome"] == "first"
    assert restorable.audit()["verdict"] == "clean"
    restorable.restore()
    restorable.renew(restorable.late, expect=BUSY)
    restorable.command()
    host.stop()
    host.start(port=port)
    restorable.known.aval("host", "set", f"127.0.0.1:{port}")
    restorable.known.aval(*then)
    assert restorable.audit()["findings"] == []
