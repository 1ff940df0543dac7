"""Licenses that follow each other, at the vendor's desk: what is signed, and what the record says of it."""

import json

import pytest
from independent import open_note
from vendor_desk import CONFLICT, NO_LICENSE, USAGE, bare, empty, fields, shift  # noqa: F401 (fixtures)
from vendor_desk import desk as vendor_desk  # noqa: F401

LATER = "2090-12-31"


def listed(desk, license):
    rows = {row["license"]: row for row in json.loads(desk.run("licenses", "--json").stdout)["licenses"]}
    return rows[license]


def renew(desk, license, *options, output="new.license", **kwargs):
    """Renews it and returns the id of the new one."""
    said = desk.run("renew", license, "--until", LATER, "--output", output, "--json", *options, **kwargs)
    return json.loads(said.stdout)["license"]


def test_a_renewed_license_has_the_same_terms_and_replaces_the_old_one(vendor_desk):
    before = vendor_desk.license("--overage", 3, "--first-lease", "30d", "--reclaims", 28, "--feature", "export=a b", "--test")
    old = dict(before)["license"]
    new = renew(vendor_desk, old, "--seats", 20)
    after = fields(open_note((vendor_desk.folder / "new.license").read_bytes(), vendor_desk.key))
    changed = {"license", "seats", "reclaims", "replaces", "issued", "not-before", "not-after"}
    assert [pair for pair in after if pair[0] not in changed] == [pair for pair in before if pair[0] not in changed]
    after = dict(after)
    assert (after["license"], after["seats"], after["reclaims"], after["replaces"]) == (new, "20", "23", old)
    assert after["not-after"] == "2091-01-01T00:00:00Z" and after["issued"] > dict(before)["issued"]


def test_the_record_says_what_replaces_what(vendor_desk):
    old = dict(vendor_desk.license())["license"]
    new = renew(vendor_desk, old)
    assert (listed(vendor_desk, old)["state"], listed(vendor_desk, old)["replaced_by"]) == ("replaced", new)
    assert (listed(vendor_desk, new)["state"], listed(vendor_desk, new)["replaces"]) == ("in force", [old])
    assert f"replaced by {new}" in vendor_desk.run("licenses").stdout
    shown = json.loads(vendor_desk.run("inspect", "uni.license", "--json").stdout)
    assert (shown["state"], shown["replaced_by"], shown["verdict"]) == ("replaced", new, "verifies")
    assert "replaced" in vendor_desk.run("inspect", "uni.license").stdout


def test_one_that_takes_its_place_later_is_named_with_its_day(vendor_desk):
    old = dict(vendor_desk.license())["license"]
    new = renew(vendor_desk, old, "--from", shift(days=100))
    row = listed(vendor_desk, old)
    assert (row["state"], row["replaced_by"]) == ("in force", new) and row["replaced_from"] > shift(days=99)
    assert f"in force, then {new}" in vendor_desk.run("licenses").stdout
    assert listed(vendor_desk, new)["state"] == "not begun"


def test_one_that_was_revoked_is_not_said_to_be_so_by_what_replaces_it(vendor_desk):
    old = dict(vendor_desk.license())["license"]
    new = renew(vendor_desk, old)
    vendor_desk.run("revoke", old)
    line = next(line for line in vendor_desk.run("licenses").stdout.splitlines() if line.startswith(old))
    assert line.rstrip().endswith("revoked") and new not in line
    assert (listed(vendor_desk, old)["state"], listed(vendor_desk, old)["replaced_by"]) == ("revoked", new)


def test_a_license_is_renewed_once_unless_what_replaced_it_is_revoked(vendor_desk):
    old = dict(vendor_desk.license())["license"]
    new = renew(vendor_desk, old)
    refused = vendor_desk.run("renew", old, "--until", LATER, expect=CONFLICT).stderr
    assert "(license-replaced)" in refused and new in refused
    vendor_desk.run("revoke", new, "-o", "list")
    assert listed(vendor_desk, old)["state"] == "in force"
    third = renew(vendor_desk, old, output="third.license")
    assert listed(vendor_desk, old)["replaced_by"] == third
    assert "(license-revoked)" in vendor_desk.run("renew", new, "--until", LATER, expect=NO_LICENSE).stderr


def test_a_chain_names_sixteen_at_most_and_leaves_out_the_one_that_ended_first(vendor_desk):
    chain = [dict(vendor_desk.license("--from", shift(days=-400), "--until", shift(days=-1)))["license"]]
    # The first ends before all others; each renewal names all before it.
    for number in range(17):
        ends = shift(days=number + 1)
        output = f"{number}.license"
        begins = ["--from", shift(days=-1, seconds=-30)] if number == 0 else []
        said = vendor_desk.run("renew", chain[-1], "--until", ends, "-o", output, "--json", *begins).stdout
        chain.append(json.loads(said)["license"])
        named = json.loads(vendor_desk.run("inspect", output, "--json").stdout)["replaces"]
        assert named == sorted(chain[:-1][-16:])
    # Now all that are named are in force.
    refused = vendor_desk.run("renew", chain[-1], "--until", LATER, expect=USAGE).stderr
    assert "at most 16" in refused
    renew(vendor_desk, chain[-1], "--from", shift(days=2))


@pytest.mark.parametrize(("options", "words"), [
    ([], "--until is needed"), (["--until", "2027-01-01"], "the license that is renewed ends on"),
    (["--until", "2095-01-01", "--from", "2091-01-02"], "without one between"),
    (["--until", "2095-01-01", "--seats", 0], "--seats"),
])
def test_a_renewal_that_would_leave_machines_without_a_license_is_refused(vendor_desk, options, words):
    old = dict(vendor_desk.license("--until", LATER))["license"]
    assert words in vendor_desk.run("renew", old, *options, expect=USAGE).stderr
    assert len(vendor_desk.rows()) == 2


def test_a_gap_that_machines_could_fall_into_is_said(vendor_desk):
    old = dict(vendor_desk.license("--until", shift(days=100)))["license"]
    said = vendor_desk.run("renew", old, "--until", LATER, "--from", shift(days=95), "-o", "b.license").stderr
    assert "7 days" in said and "Let the new one begin earlier" in said
    vendor_desk.run("revoke", dict(fields((vendor_desk.folder / "b.license").read_text().split("\n\n")[0]))["license"])
    assert vendor_desk.run("renew", old, "--until", LATER, "-o", "c.license").stderr == ""


def test_what_is_not_there_is_not_renewed(vendor_desk):
    assert "(not-found)" in vendor_desk.run("renew", "x", "--until", LATER, expect=USAGE).stderr
    vendor_desk.license()
    said = json.loads(vendor_desk.run("license", "uni.host-request", "--product", "studio", "--edition", "pro", "--counted",
                                      "--seats", 2, "-o", "b.license", "--json").stdout)
    assert said["file"] == "b.license" and said["mode"] == "counted"
