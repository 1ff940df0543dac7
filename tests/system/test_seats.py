"""Seats that come back before their leases end: reclaimed by the operator, released by machines, within the license's terms."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import time
from datetime import datetime, timezone

import pytest
from clocks import Clock
from hosting import VENDOR, Machine, denial_code, machine_id

USAGE, FILES, CONFLICT = 2, 5, 6
pytestmark = pytest.mark.threads


def set_up(host, desk, seats, *terms):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=seats, extra=terms))
    return host.start()


def license_of(host):
    return host.json("licenses")["licenses"][0]


def audited(host, desk, clock=None):
    """What the vendor finds in the host's ledger."""
    export = desk.folder / "export"
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", export)
    done = desk.run("audit", export, "--json", env=clock.environment if clock else None)
    return json.loads(done.stdout)["findings"]


def day(seconds):
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def reclaim(host, machine, *options):
    return host.ctl("reclaim", machine, "--yes", *options).stdout


def test_a_reclaimed_seat_is_free_and_its_machine_is_blocked(host, desk):
    set_up(host, desk, 1)
    first, second = machine_id(1), machine_id(2)
    assert host.activate(first)[0] == 200
    assert denial_code(host.activate(second)[1]) == "no-seats"
    said = reclaim(host, first[:6])
    ends = host.json("machines", "show", first)["licenses"][0]["ends"]
    assert "its seat of" in said and "is free now; 1 of 2 reclaims of the last 30 days are used" in said
    assert "blocked" in said and f"runs on until {day(ends)}" in said
    assert host.activate(second, number=2)[0] == 200
    shown = host.json("machines", "show", first)
    assert shown["blocked"] and shown["blocked_reason"] == "reclaimed" and shown["blocked_since"] > 0
    row = shown["licenses"][0]
    assert row["reclaimed"] and not row["holding"] and row["expires"] < row["ends"]
    assert "blocked, reclaimed" in host.ctl("machines").stdout
    assert denial_code(host.activate(first, number=2)[1]) == "machine-blocked"
    assert host.json("status")["reclaimed"] == 1
    assert audited(host, desk) == []
    host.ctl("ledger", "verify")


def test_an_unblocked_machine_asks_anew(host, desk):
    set_up(host, desk, 1)
    machine = machine_id(1)
    host.activate(machine)
    reclaim(host, machine)
    host.ctl("unblock", machine)
    assert denial_code(host.activate(machine)[1]) == "number-used"
    assert host.activate(machine, number=2)[0] == 200
    row = host.json("machines", "show", machine)["licenses"][0]
    assert row["holding"] and not row["reclaimed"]
    assert audited(host, desk) == []


def test_one_too_many_comes_back_when_its_lease_ends_and_that_is_said(host, desk, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=4, extra=["--reclaims", 1]))
    host.start(prefix=clock.prefix)
    machines = [machine_id(number) for number in range(4)]
    host.activate_many(machines)
    answer = host.json("reclaim", machines[0], "--yes")
    assert (answer["outcome"], answer["used"], answer["allowed"]) == ("free", 1, 1)
    said = reclaim(host, machines[1])
    ends = host.json("machines", "show", machines[1])["licenses"][0]["ends"]
    assert f"1 of 1 reclaims of the last 30 days are used; the seat comes back on {day(ends)}" in said
    assert license_of(host)["held"] == 3
    assert "reclaimed before" in reclaim(host, machines[1])
    assert host.json("reclaim", machines[1], "--yes")["outcome"] == "again"
    assert "seat not free yet" in host.ctl("machines", "find", machines[1]).stdout
    assert host.json("status")["ledgers"][0]["size"] == 6
    assert host.activate(machine_id(9))[0] == 200
    assert denial_code(host.activate(machine_id(10))[1]) == "no-seats"
    assert audited(host, desk, clock) == []
    host.ctl("ledger", "verify")
    clock.set_days(31)
    assert host.json("reclaim", machines[1], "--yes")["outcome"] == "free"
    assert host.activate(machine_id(10), number=2, when=clock.in_days(31))[0] == 200
    assert audited(host, desk, clock) == []


def test_releases_beyond_the_license_are_taken_and_their_seats_held(host, desk):
    set_up(host, desk, 2, "--releases", 1)
    name = license_of(host)["id"]
    machines = [machine_id(number) for number in range(2)]
    host.activate_many(machines)
    assert [host.release(machine, name)[0] for machine in machines] == [200, 200]
    assert license_of(host)["held"] == 1
    assert host.activate(machine_id(5))[0] == 200
    assert denial_code(host.activate(machine_id(6))[1]) == "no-seats"
    assert "released, seat not free yet" in host.ctl("machines", "find", machines[1]).stdout
    assert "has given back its seat" in host.ctl("reclaim", machines[1], "--yes", expect=CONFLICT).stderr
    assert audited(host, desk) == []
    host.ctl("ledger", "verify")


def test_a_machine_that_never_renewed_is_reclaimed_outside_the_quota(host, desk, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=2, extra=["--first-lease", "30d", "--reclaims", 0]))
    host.start(prefix=clock.prefix)
    fresh, settled = machine_id(1), machine_id(2)
    host.activate_many([fresh, settled])
    rows = {row["machine"]: row for row in host.json("machines")["machines"]}
    assert rows[fresh]["ends"] - rows[fresh]["issued"] == 30 * 86400
    clock.set_days(8)
    assert host.activate(settled, number=2, when=clock.in_days(8))[0] == 200
    row = host.json("machines", "show", settled)["licenses"][0]
    assert row["ends"] - row["issued"] == 180 * 86400
    assert "never renewed, so this reclaim is not counted (0 of 0" in reclaim(host, fresh)
    assert host.json("reclaim", settled, "--yes")["outcome"] == "later"
    assert audited(host, desk, clock) == []


def test_what_cannot_be_reclaimed_is_said(host, desk):
    set_up(host, desk, 28)
    machine = machine_id(1)
    assert "no machine's id" in host.ctl("reclaim", machine, "--yes", expect=USAGE).stderr
    host.activate(machine)
    assert "terminal" in host.ctl("reclaim", machine, expect=USAGE).stderr
    assert host.json("machines", "show", machine)["blocked"] is False
    assert "no license nobodys" in host.ctl("reclaim", machine, "--yes", "--license", "nobodys", expect=USAGE).stderr
    reclaim(host, machine, "--license", license_of(host)["id"])
    failed = host.ctl("reclaim", machine, "--yes", "--json", expect=CONFLICT)
    assert json.loads(failed.stdout)["code"] == "reclaim-nothing"


def on_terminal(host, answer, *arguments):
    """What avalctl says on a terminal, where it is answered so; and its exit status."""
    here, there = pty.openpty()
    with subprocess.Popen([host.avalctl_program, *arguments, "--data", host.data], stdin=there, stdout=there, stderr=there,
                          env={"PATH": os.environ["PATH"], "TERM": "dumb"}) as asked:
        os.close(there)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(here, 4096)
        os.write(here, answer.encode() + b"\n")
        try:
            while more := os.read(here, 4096):
                said += more
        except OSError:
            pass
        status = asked.wait(timeout=20)
    os.close(here)
    return said.decode().replace("\r", ""), status


def test_on_a_terminal_it_is_asked_first(host, desk):
    set_up(host, desk, 1)
    machine = machine_id(1)
    host.activate(machine)
    said, status = on_terminal(host, "n", "reclaim", machine)
    assert "the lease at the machine itself runs on until" in said.replace("\n", " ") and status != 0
    assert host.json("machines", "show", machine)["blocked"] is False
    said, status = on_terminal(host, "yes", "reclaim", machine)
    assert "is free now" in said and status == 0
    assert re.search(r"avalctl unblock [0-9a-f]{32}", said)


def edit(host, statement, machine):
    """Stops the host once an idle one has brought the machine from its journal to the table, and changes the row there."""
    changed, pause = 0, 1.5  # an idle host looks after its store each second
    while not changed:
        time.sleep(pause if host.process else 0)
        pause *= 2
        host.stop()  # nothing, where none runs
        changed = host.sql(statement, [machine])
        if not changed:
            host.start()


def test_the_check_finds_a_row_that_does_not_say_what_the_reclaim_says(host, desk):
    set_up(host, desk, 5)
    machines = [machine_id(number) for number in range(2)]
    host.activate_many(machines)
    reclaim(host, machines[0])
    reclaim(host, machines[1])
    host.ctl("ledger", "verify")
    edit(host, "UPDATE machine SET requests = 1 WHERE machine = ?", bytes.fromhex(machines[0]))
    host.ctl("ledger", "verify", "--restart")
    changes = {
        "reclaim_ledger = 0, reclaim_leaf = 0, expires = ends": "the row knows nothing of it",
        "reclaim_leaf = 0": "which is a lease",
        "reclaim_leaf = 3": "another machine's",
        "expires = expires - 1": "another time",
    }
    file = host.data / "avald.db"
    for change in changes:
        whole = file.read_bytes()
        edit(host, f"UPDATE machine SET {change} WHERE machine = ?", bytes.fromhex(machines[0]))
        assert machines[0] in host.ctl("ledger", "verify", "--restart", expect=FILES).stdout
        file.write_bytes(whole)


# Machines that describe too little hardware


def length(row):
    return row["ends"] - row["issued"]


def test_a_machine_without_two_digests_gets_a_short_lease(host, desk, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=4))
    host.start(prefix=clock.prefix)
    for number, digests in enumerate((0, 1, 2)):
        assert host.activate(machine_id(number), digests=digests)[0] == 200
    rows = {row["machine"]: row for row in host.json("machines")["machines"]}
    assert [length(rows[machine_id(number)]) for number in range(3)] == [86400, 86400, 180 * 86400]
    clock.set_days(2)
    assert license_of(host)["held"] == 1
    assert audited(host, desk, clock) == []


def test_an_identity_that_the_platform_hands_in_suffices(build, run, tmp_path, licensed, desk):
    """Whatever this computer says of its hardware beside it."""
    machine = Machine(build, run, tmp_path / "machine", desk, licensed)
    handed_in = {"AVAL_MACHINE_ID": "i-0123456789abcdef0"}
    machine.activate(env=handed_in)
    assert length(licensed.json("machines")["machines"][0]) == 180 * 86400
    assert json.loads(machine.aval("status", "--json", env=handed_in).stdout)["state"] == "licensed"


# Why


def why(host, machine, *options):
    return host.json("why", machine, *options)


def test_why_says_what_the_machine_is_told_with_the_numbers_of_now(build, run, tmp_path, host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), threshold=3, seats=3))
    host.start()
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.activate(expect=10)
    told = machine.status()["why"]
    name = host.json("machines")["machines"][0]["machine"]
    answer = why(host, name)
    assert answer["code"] == "below-threshold" and answer["sentence"] == told
    assert "1 of the 3 machines" in told and "by itself once 2 more have asked" in told
    host.activate(machine_id(1))
    assert "2 of the 3 machines" in why(host, name)["sentence"]
    said = host.ctl("why", name[:8]).stdout
    assert "2 of the 3 machines" in said.replace("\n", " ") and "(below-threshold)" in said
    host.activate(machine_id(2))
    answer = why(host, name)
    assert answer["code"] == "below-threshold" and "would get a lease now" in answer["sentence"] and answer["until"] > 0
    machine.aval("activate")
    answer = why(host, name)
    assert answer["code"] == "ok" and answer["sentence"] == machine.status()["why"]
    assert f"has a lease until {day(answer['until'])}" in answer["sentence"]
    assert answer["sentence"] in " ".join(machine.aval("status").stdout.split())


def test_why_says_when_the_next_seat_is_free(host, desk):
    set_up(host, desk, 1)
    first, second = machine_id(1), machine_id(2)
    host.activate(first)
    told = host.activate(second)[1]
    ends = host.json("machines", "show", first)["licenses"][0]["ends"]
    answer = why(host, second)
    assert answer["code"] == "no-seats" and answer["until"] == ends and answer["sentence"] in told
    assert "1 machines hold the 1 seats" in told and f"the next one is free on {day(ends)}" in told
    assert f"date {day(ends)}" in told
    reclaim(host, first)
    blocked = why(host, first)
    assert (blocked["code"], blocked["blocked"], blocked["blocked_reason"]) == ("machine-blocked", True, "reclaimed")
    host.ctl("unblock", first)
    assert why(host, first)["code"] == "no-lease"


def test_why_of_clocks_ends_and_strangers(host, desk, tmp_path):
    set_up(host, desk, 3)
    machine = machine_id(1)
    host.activate(machine)
    name = license_of(host)["id"]
    answer = why(host, machine, "--license", name)
    assert answer["license"] == name and answer["code"] == "ok"
    assert "never asked for a license nobodys" in host.ctl("why", machine, "--license", "nobodys", expect=USAGE).stderr
    assert "no machine's id" in host.ctl("why", machine_id(9), expect=USAGE).stderr
    assert host.release(machine, name)[0] == 200
    assert why(host, machine)["code"] == "no-lease"
    host.avald("import", desk.revoke(name, name="revocations"))
    assert why(host, machine)["code"] == "license-revoked"


# Labels and lists


def listed(host, *options, **kwargs):
    return [row["machine"] for row in host.json("machines", *options, **kwargs)["machines"]]


def test_a_label_is_shown_found_and_taken_away(host, desk):
    set_up(host, desk, 5)
    machines = sorted(machine_id(number) for number in range(3))
    host.activate_many(machines)
    assert "labelled" in host.ctl("label", machines[0], "Lesesaal, 3. Tisch").stdout
    host.ctl("label", machines[1], "Lager")
    assert listed(host, "--label", "lesesaal") == listed(host, "find", "3. tisch") == [machines[0]]
    assert listed(host, "--label", "l") == machines[:2]
    assert "LABEL" in host.ctl("machines").stdout and "Lesesaal, 3. Tisch" in host.ctl("machines").stdout
    shown = host.json("machines", "show", machines[0])["licenses"][0]
    assert shown["label"] == "Lesesaal, 3. Tisch"
    assert "Lesesaal" in host.ctl("machines", "show", machines[0]).stdout
    host.ctl("label", machines[0], "")
    host.ctl("label", machines[1], "")
    assert "LABEL" not in host.ctl("machines").stdout
    for wrong in ("x" * 129, " x", "two\nlines", "\u202egnp.exe", "\x1b[31m"):
        assert "invisible" in host.ctl("label", machines[0], wrong, expect=USAGE).stderr
    host.ctl("label", machines[0], "x" * 128)
    assert listed(host, "find", machines[2][:8]) == [machines[2]]


def test_lists_are_of_what_is_asked_for_and_in_order(host, desk, tmp_path):
    clock = Clock(tmp_path)
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=9))
    host.start(prefix=clock.prefix)
    early, late = machine_id(1), machine_id(2)
    host.activate(early)
    clock.set_days(40)
    host.activate(late, when=clock.in_days(40))
    assert listed(host, "--sort", "last-seen") == [late, early] and listed(host, "--sort", "end") == [early, late]
    assert listed(host, "--sort", "id") == sorted([early, late])
    some = host.ctl("machines", "--sort", "last-seen", "--limit", 1)
    assert late in some.stdout and early not in some.stdout and "more" in some.stderr
    then = dict(env=clock.environment)
    assert listed(host, "--seen", "7d", "--product", "studio", **then) == [late]
    assert listed(host, "--unseen", "7d", **then) == [early]
    assert listed(host, "--seen", "41d", **then) == sorted([early, late])
    assert listed(host, "--product", "viewer") == [] and listed(host, "--state", "blocked") == []
    reclaim(host, early)
    assert listed(host, "--state", "reclaimed") == listed(host, "--state", "blocked") == [early]
    assert listed(host, "--state", "holding") == [late]
    for wrong in (["--state", "asleep"], ["--sort", "colour"], ["--seen", "soon"], ["--csv", "--json"]):
        host.ctl("machines", *wrong, expect=USAGE)


def test_a_spreadsheet_gets_all_machines_and_no_formula(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=3000))
    host.start()
    machines = sorted(machine_id(number) for number in range(1200))
    assert set(host.activate_many(machines)) == {200}
    for number, label in enumerate(("=HYPERLINK(1)", "+1", "@x", 'a "quoted" one')):
        host.ctl("label", machines[number], label)
    said = host.ctl("machines", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(said)))
    assert [row["machine"] for row in rows] == machines
    assert [row["label"] for row in rows[:5]] == ["'=HYPERLINK(1)", "'+1", "'@x", 'a "quoted" one', ""]
    assert rows[7]["state"] == "holds a lease" and rows[7]["seat_until"].endswith("Z") and rows[7]["product"] == "studio"
    few = list(csv.DictReader(io.StringIO(host.ctl("machines", "--csv", "--sort", "label", "--limit", 2).stdout)))
    assert [row["label"] for row in few] == ["", ""]
    assert len(host.ctl("machines", "--csv", "--label", "quoted").stdout.splitlines()) == 2
    assert host.ctl("machines", "--csv", "--label", "nobody").stdout.startswith("machine,")
