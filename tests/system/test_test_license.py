"""aval-vendor test-license: all that developers need, and every output says that it is a test."""

import csv
import io
import json

import pytest
from hosting import VENDOR, Host, Machine
from vendor_desk import CONFLICT, USAGE


@pytest.fixture
def bench(build, run, tmp_path, desk):
    """What the command made, and its host, which serves."""
    made = json.loads(desk.run("test-license", "studio", tmp_path / "test", "--json").stdout)
    host = Host(build, run, tmp_path / "test" / "host", "localhost")
    host.start()
    yield made, host
    host.stop()


def test_a_machine_activates_with_what_one_command_made(build, run, tmp_path, desk, bench):
    made, host = bench
    assert made["host"] == str(host.data) and made["license_file"] == str(tmp_path / "test" / "test.license")
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.aval("product", "install", made["product_file"], "--vendor-key", desk.key_file)
    machine.aval("key", "install", made["key"])
    machine.activate()

    # Everybody says what it is.
    assert machine.status()["lease"]["test"] == "yes" and "A TEST" in machine.aval("status").stdout
    [row] = host.json("licenses")["licenses"]
    assert row["test"] is True and host.json("status")["licenses"][0]["test"] is True
    assert "test, in-force" in host.ctl("licenses").stdout and "test, in-force" in host.ctl("status").stdout
    assert json.loads(desk.run("inspect", made["license_file"], "--json").stdout)["test"] == "yes"
    assert "for trying out" in desk.run("inspect", made["license_file"]).stdout
    assert json.loads(desk.run("licenses", "--json").stdout)["licenses"][0]["test"] == "yes"
    assert "test, in force" in desk.run("licenses").stdout
    host.ctl("ledger", "export", "--vendor", VENDOR, "--output", tmp_path / "export")
    report = json.loads(desk.run("audit", tmp_path / "export", "--json", "--csv", tmp_path / "csv").stdout)
    assert report["findings"] == [] and [row["test"] for row in report["true_up"]] == ["yes"]
    assert [row["test"] for row in csv.DictReader(io.StringIO((tmp_path / "csv").read_text()))] == ["yes"]
    assert "studio/pro (test)" in desk.run("audit", tmp_path / "export").stdout
    assert "It is a test" in host.avald("import", made["license_file"]).stdout


def test_the_words_say_what_to_type(desk, tmp_path):
    said = desk.run("test-license", "studio", tmp_path / "test", "--edition", "pro", "--counted", "--for", "30d").stdout
    assert said.startswith("This is a TEST") and f"avald serve --data {tmp_path / 'test' / 'host'}" in said
    assert json.loads(desk.run("inspect", tmp_path / "test" / "test.license", "--json").stdout)["mode"] == "counted"


def test_it_replaces_nothing_and_needs_a_product(desk, tmp_path):
    assert "(not-found)" in desk.run("test-license", "x", tmp_path / "test", expect=USAGE).stderr
    desk.run("test-license", "studio", tmp_path / "test", "--edition", "x", expect=USAGE)
    assert not (tmp_path / "test").exists()
    desk.run("test-license", "studio", tmp_path / "test")
    assert "(file-exists)" in desk.run("test-license", "studio", tmp_path / "test", expect=CONFLICT).stderr
