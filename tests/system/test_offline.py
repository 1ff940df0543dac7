"""A machine that never sees a network: its request and the answer go as files, by mail or on a stick."""

import base64
import json
import re
import shutil
import subprocess
import textwrap
from datetime import datetime, timedelta, timezone

import clocks
import pytest
from hosting import VENDOR, Machine, environment

OFFER = f"{VENDOR}/studio/pro"


class Carrier:
    """Between machines without a network and a host that serves: files."""

    def __init__(self, build, run, folder, desk, host):
        self.build, self.run, self.folder, self.desk, self.host = build, run, folder, desk, host
        self.introduction = folder / "kms.introduction"
        self.introduction.write_text(host.ctl("introduce", OFFER).stdout)
        self.files = 0

    def machine(self, name="machine"):
        return Machine(self.build, self.run, self.folder / name, self.desk, self.host)

    def write(self, text):
        self.files += 1
        path = self.folder / f"file-{self.files}"
        path.write_text(text)
        return path

    def request(self, machine, *args, **more):
        return self.write(machine.aval("request", *args, **more).stdout)

    def first_request(self, machine, **more):
        return self.request(machine, "--license", self.introduction, **more)

    def answer(self, request, **more):
        return self.write(self.host.ctl("answer", request, **more).stdout)

    def leaves(self):
        return self.host.json("status")["ledgers"][0]["size"]


@pytest.fixture
def carrier(build, run, tmp_path, desk, licensed):
    return Carrier(build, run, tmp_path, desk, licensed)


def days_from_now(days):
    return {"env": clocks.beginning_at(datetime.now(timezone.utc) + timedelta(days=days))}


def test_the_vendors_audit_lists_leases_by_files_and_allows_their_time(carrier):
    machine = carrier.machine()
    machine.aval("accept", carrier.answer(carrier.first_request(machine, **days_from_now(-20))))
    export = carrier.folder / "acme.ledger"
    carrier.host.ctl("ledger", "export", "--output", export)
    said = json.loads(carrier.desk.run("audit", export, "--json").stdout)
    assert (said["verdict"], said["offline_count"], len(said["offline"])) == ("clean", 1, 1)
    took = datetime.fromisoformat(said["offline"][0]["issued"]) - datetime.fromisoformat(said["offline"][0]["asked"])
    assert 19 < took / timedelta(days=1) < 21
    assert "Leases by files" in carrier.desk.run("audit", export).stdout


def test_request_answer_and_accept_license_a_machine_that_never_sees_a_network(carrier):
    machine = carrier.machine()
    request = carrier.first_request(machine)
    assert machine.status()["state"] == "grace"
    said = machine.aval("accept", carrier.answer(request))
    assert "activated: Acme Studio" in said.stdout
    status = machine.status()
    assert status["state"] == "licensed"
    # From then on the machine knows its host: each renewal is one file there and one back.
    carrier.folder.joinpath("kms.introduction").unlink()
    first = status["lease"]["issued"]
    later = days_from_now(20)
    assert machine.aval("renew", "--all", **later).returncode == 0  # it has no host to ask, and that alarms nobody
    machine.aval("accept", carrier.answer(carrier.request(machine)))
    assert machine.status()["lease"]["issued"] >= first


def test_the_operators_words_of_each_side_are_json_too(carrier):
    machine = carrier.machine()
    introduction = carrier.write(carrier.host.json("introduce", OFFER)["introduction"])
    request = carrier.write(json.loads(machine.aval("request", "--license", introduction, "--json").stdout)["request"])
    answer = carrier.write(carrier.host.json("answer", request)["answer"])
    assert json.loads(machine.aval("accept", answer, "--json").stdout)["code"] == "ok"
    output = carrier.folder / "this.request"
    assert "avalctl answer" in machine.aval("request", "--output", output).stdout
    assert output.read_text().startswith("aval request v1\n")


def test_a_machine_that_knows_no_host_is_told_what_it_needs(carrier):
    machine = carrier.machine()
    said = machine.aval("request", expect=17).stderr
    assert "host-not-introduced" in said and "avalctl introduce" in said


def test_one_file_that_is_answered_twice_has_one_lease(carrier):
    machine = carrier.machine()
    request = carrier.first_request(machine)
    first = carrier.answer(request)
    size = carrier.leaves()
    machine.aval("accept", carrier.answer(request))
    assert carrier.leaves() == size
    # The other answer is to the same request; nothing is awaited any more.
    assert "nothing-awaited" in machine.aval("accept", first, expect=2).stderr


def test_a_file_is_answered_for_thirty_days_and_accepted_for_thirty_more(carrier):
    old, older = carrier.machine("old"), carrier.machine("older")
    in_time = carrier.first_request(old, **days_from_now(-29))
    late = carrier.first_request(older, **days_from_now(-31))
    answer = carrier.answer(in_time)
    assert "lease-not-now" in old.aval("accept", answer, expect=4, **days_from_now(31)).stderr
    old.aval("accept", answer, **days_from_now(29))
    said = carrier.host.ctl("answer", late)
    assert "file-too-old" in said.stderr
    denied = older.aval("accept", carrier.write(said.stdout), expect=13)
    assert "file-too-old" in denied.stderr and "aval request" in denied.stderr


def test_a_request_that_a_later_one_has_overtaken_is_denied(carrier):
    machine = carrier.machine()
    first = carrier.first_request(machine)
    machine.aval("accept", carrier.answer(carrier.request(machine)))
    said = carrier.host.ctl("answer", first)
    assert "number-used" in said.stderr
    stale = carrier.write(said.stdout)
    assert "nothing-awaited" in machine.aval("accept", stale, expect=2).stderr
    carrier.request(machine)
    assert "lease-other-request" in machine.aval("accept", stale, expect=4).stderr
    assert machine.status()["state"] == "licensed"


def test_a_machine_that_was_put_back_to_an_old_copy_goes_on_above_what_the_answer_shows(carrier):
    machine = carrier.machine()
    first = carrier.first_request(machine)
    copy = carrier.folder / "copy"
    shutil.copytree(machine.folder, copy)
    machine.aval("accept", carrier.answer(carrier.request(machine)))
    shutil.rmtree(machine.folder)
    shutil.copytree(copy, machine.folder)
    said = machine.aval("accept", carrier.answer(first), expect=6).stderr
    assert "number-used" in said and "make another request" in said
    machine.aval("accept", carrier.answer(carrier.request(machine)))
    assert machine.status()["state"] == "licensed"


def test_the_answer_to_an_earlier_request_is_refused_and_proves_nothing_against_the_host(carrier):
    machine = carrier.machine()
    early = carrier.answer(carrier.first_request(machine))
    second = carrier.request(machine)
    assert "lease-other-request" in machine.aval("accept", early, expect=4).stderr
    machine.aval("accept", carrier.answer(second))
    carrier.request(machine)
    assert "lease-other-request" in machine.aval("accept", early, expect=4).stderr
    assert json.loads(machine.aval("evidence", "--json").stdout) == []


def test_a_denial_is_a_file_too_and_the_machine_shows_it(carrier):
    machine, other = carrier.machine(), carrier.machine("other")
    identity = json.loads(carrier.host.ctl("machines", "--json").stdout)
    assert not identity["machines"]
    machine.aval("accept", carrier.answer(carrier.first_request(machine)))
    known = carrier.host.json("machines")["machines"][0]["machine"]
    carrier.host.ctl("block", known, "--reason", "stolen")
    said = carrier.host.ctl("answer", carrier.request(machine))
    assert "machine-blocked" in said.stderr
    assert "machine-blocked" in machine.aval("accept", carrier.write(said.stdout), expect=12).stderr
    assert machine.status()["state"] == "licensed"  # what is in force stays so
    assert other.status()["state"] == "grace"


def test_the_answer_to_another_machine_is_refused(carrier):
    one, other = carrier.machine("one"), carrier.machine("other")
    answer = carrier.answer(carrier.first_request(one))
    carrier.first_request(other)
    assert "lease-other-request" in other.aval("accept", answer, expect=4).stderr
    assert other.status()["state"] == "grace"


def content(text):
    return re.fullmatch(r"(?s)(-----BEGIN AVAL (\w+)-----\n)(.*)(-----END AVAL \2-----\n)", text).group(3)


def test_an_edited_answer_licenses_nobody(carrier):
    machine = carrier.machine()
    answer = carrier.answer(carrier.first_request(machine)).read_text()
    lines = content(answer).splitlines()
    for at in range(1, len(lines), 5):
        edited = [*lines]
        edited[at] = ("B" if edited[at][0] == "A" else "A") + edited[at][1:]
        done = subprocess.run([machine.program, "--state", machine.folder, "accept", "-"], text=True, check=False,
                              input=answer.replace("\n".join(lines), "\n".join(edited)), capture_output=True, env=environment())
        assert done.returncode in (3, 4, 17), done
        assert machine.status()["state"] == "grace", done.stderr
    machine.aval("accept", "-", stdin=answer)


def test_an_introduction_that_was_made_up_leads_to_no_request(carrier):
    machine = carrier.machine()
    text = carrier.introduction.read_text()
    within = base64.b64decode(content(text))
    for old, new, code in (b"seats 28", b"seats 29", "license-signer"), (b"/acme.example\n0\n", b"/acme.example\n1\n", "checkpoint-signer"):
        assert old in within
        made_up = base64.b64encode(within.replace(old, new)).decode()
        path = carrier.write(text.replace(content(text), made_up + "\n"))
        assert code in machine.aval("request", "--license", path, expect=4).stderr
    assert not list(machine.folder.rglob("request"))


def test_what_is_no_answer_is_refused_by_its_form(carrier):
    machine = carrier.machine()
    request = carrier.first_request(machine)
    assert "document-type" in machine.aval("accept", request, expect=3).stderr
    assert "document-type" in machine.aval("accept", carrier.introduction, expect=3).stderr
    assert "no-such" not in carrier.host.ctl("answer", carrier.introduction, expect=3).stderr


def test_a_host_that_was_restored_meanwhile_says_so_in_its_answer(carrier):
    machine = carrier.machine()
    carrier.host.stop()
    copy = carrier.folder / "copy"
    shutil.copytree(carrier.host.data, copy)
    carrier.host.start()
    machine.aval("accept", carrier.answer(carrier.first_request(machine)))
    request = carrier.request(machine)
    carrier.host.stop()
    shutil.rmtree(carrier.host.data)
    shutil.copytree(copy, carrier.host.data)
    carrier.host.start()
    said = carrier.host.ctl("answer", request)
    assert "host-restored" in said.stderr
    assert "host-restored" in machine.aval("accept", carrier.write(said.stdout), expect=18).stderr
    assert machine.status()["state"] == "licensed"


MANGLERS = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "quoted": lambda text: "On Tuesday she wrote:\r\n" + "".join(f"> {line}\r\n" for line in text.splitlines()) + "> -- \r\n",
    "wrapped": lambda text: "".join(textwrap.fill(line, 40, drop_whitespace=True) + "\n" for line in text.splitlines()),
}


@pytest.mark.parametrize("mangler", MANGLERS)
def test_files_come_through_the_mail(carrier, mangler):
    mangle = MANGLERS[mangler]
    machine = carrier.machine()
    carrier.introduction.write_text(mangle(carrier.introduction.read_text()))
    request = carrier.write(mangle(carrier.first_request(machine).read_text()))
    machine.aval("accept", carrier.write(mangle(carrier.answer(request).read_text())))
    assert machine.status()["state"] == "licensed"
