"""What a machine tells its operator of itself: kept where it was allowed and signed, shown, forgotten, and in no ledger."""

import json
import socket

import pytest
from hosting import Machine

USAGE = 2


ASKED = "--machines-about", "yes"  # an operator who asked for it


@pytest.fixture
def licensed(licensed):
    licensed.stop()
    return licensed.start(*ASKED)


@pytest.fixture
def machine(build, run, tmp_path, desk, licensed):
    return Machine(build, run, tmp_path / "machine", desk, licensed)


def told(host, machine):
    """What the host shows of the machine, and of what it is called."""
    row = host.json("machines", "show", machine.status()["machine"])["licenses"][0]
    return {key: row[key] for key in ("name", "version", "data")}


NOTHING = {"name": "", "version": "", "data": []}


def test_an_operator_sees_what_a_machine_tells_of_itself_and_no_ledger_holds_it(machine, licensed, tmp_path):
    machine.aval("about", "set", "--product-version", "4.2.1-geheim", "gpu=none", "room=3 Süd")
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.activate()
    assert told(licensed, machine) == {"name": "lesesaal-7", "version": "4.2.1-geheim",
                                       "data": [{"key": "gpu", "value": "none"}, {"key": "room", "value": "3 Süd"}]}
    shown = licensed.ctl("machines", "show", machine.status()["machine"]).stdout
    listed = licensed.ctl("machines").stdout
    for part in ("lesesaal-7", "4.2.1-geheim"):
        assert part in shown and part in listed
    assert "gpu: none" in shown and "room: 3 Süd" in shown
    export = tmp_path / "export"
    licensed.ctl("ledger", "export", "--output", export)
    for secret in (b"lesesaal", b"geheim", b"aval about", "Süd".encode()):
        assert secret not in export.read_bytes()
        assert secret not in licensed.log_path.read_bytes()


def test_without_anybodys_word_nothing_is_told(machine, licensed):
    machine.activate()
    assert told(licensed, machine) == NOTHING
    row = licensed.json("machines")["machines"][0]
    assert row["told"] == 0 and row["name"] == row["version"] == "" and row["data"] == []
    assert "NAME" not in licensed.ctl("machines").stdout
    assert "Told" not in licensed.ctl("machines", "show", machine.status()["machine"]).stdout
    assert not (machine.folder / "telling").exists() and not list(machine.folder.glob("products/*/*/attached"))


def test_the_name_is_told_where_the_owner_allows_it_and_forgotten_when_he_takes_it_back(machine, licensed):
    machine.aval("about", "set", "--product-version", "4.2.1")
    machine.activate()
    assert told(licensed, machine)["name"] == ""
    machine.aval("about", "tell", "name")
    machine.activate()
    assert told(licensed, machine)["name"] == socket.gethostname()
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.aval("renew", "--force")
    assert told(licensed, machine) == {"name": "lesesaal-7", "version": "4.2.1", "data": []}
    machine.aval("about", "tell", "product")
    machine.activate()
    assert told(licensed, machine) == {"name": "", "version": "4.2.1", "data": []}
    machine.aval("about", "tell", "nothing")
    machine.activate()
    assert told(licensed, machine) == NOTHING
    assert b"lesesaal" not in database_text(licensed)


def database_text(host):
    """All that the table of what was told says now."""
    host.stop()
    rows = host.sql("SELECT name, version, data FROM about")
    host.start(*ASKED)
    return repr(rows).encode()


def test_a_machine_that_is_denied_is_shown_by_its_name(build, run, tmp_path, host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), threshold=5))
    host.start(*ASKED)
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.activate(expect=10)
    assert "lesesaal-7" in host.ctl("machines").stdout
    for part in (b"lesesaal",):
        assert part not in host.log_path.read_bytes() and part not in host.ctl("denials", "--json").stdout.encode()


def test_a_host_that_keeps_none_looks_at_none_and_forgets_what_is_there(machine, licensed, tmp_path):
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.activate()
    assert told(licensed, machine)["name"] == "lesesaal-7"
    licensed.stop()
    config = tmp_path / "avald.conf"
    config.write_text("[machines]\nabout = no\n")
    licensed.start("--config", config)
    licensed.wait_for(lambda: told(licensed, machine) == NOTHING)
    machine.activate()
    assert told(licensed, machine) == NOTHING
    licensed.stop()
    licensed.start(*ASKED)
    assert told(licensed, machine) == NOTHING
    machine.activate()
    assert told(licensed, machine)["name"] == "lesesaal-7"


def test_a_host_whose_operator_did_not_ask_keeps_none(build, run, tmp_path, host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    host.start()
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.activate()
    assert told(host, machine) == NOTHING


def test_a_machine_shows_what_it_tells(machine):
    assert json.loads(machine.aval("about", "show", "--json").stdout) == {
        "tell": "product", "name": None, "version": None, "data": []}
    assert "not told" in machine.aval("about").stdout
    machine.aval("about", "tell", "name", "lesesaal-7")
    machine.aval("about", "set", "--product-version", "4.2.1", "gpu=none", "note=a=b")
    assert json.loads(machine.aval("about", "--json").stdout) == {
        "tell": "name", "name": "lesesaal-7", "version": "4.2.1",
        "data": [{"key": "gpu", "value": "none"}, {"key": "note", "value": "a=b"}]}
    said = machine.aval("about").stdout
    assert "lesesaal-7" in said and "4.2.1" in said and "gpu: none" in said
    machine.aval("about", "set")
    assert json.loads(machine.aval("about", "--json").stdout)["data"] == []


@pytest.mark.parametrize("words", [
    ("tell", "everything"), ("tell", "nothing", "lesesaal"), ("tell", "name", "two\nlines"), ("tell", "name", "a\u202eb"),
    ("set", "gpu"), ("set", "GPU=none"), ("set", "gpu="), ("set", "a=1", "a=2"), ("set", "--product-version", "x" * 64),
    ("set", *(f"a{n}=1" for n in range(9)))])
def test_what_cannot_be_told_is_a_usage_error_and_changes_nothing(machine, words):
    machine.aval("about", *words, expect=USAGE)
    assert json.loads(machine.aval("about", "--json").stdout) == {
        "tell": "product", "name": None, "version": None, "data": []}


def test_json_and_tables_show_whatever_a_machine_may_say(machine, licensed):
    machine.aval("about", "tell", "name", '"<b>\\&amp;\' Süd 東京')
    machine.activate()
    assert told(licensed, machine)["name"] == '"<b>\\&amp;\' Süd 東京'
    assert '"<b>\\&amp;\' Süd 東京' in licensed.ctl("machines").stdout
