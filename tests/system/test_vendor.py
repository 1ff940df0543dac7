"""aval-vendor: every command, with good and bad input, and what it signs verified by independent.py."""

import json
import os
import pty
import re
import sqlite3
import stat
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from independent import SigningKey, open_note
from vendor_desk import (
    CONFLICT,
    FILES,
    HOST,
    INPUT,
    NO_LICENSE,
    STUDIO,
    TERMS,
    TRUST,
    USAGE,
    VENDOR,
    bare,  # noqa: F401
    desk,  # noqa: F401
    empty,  # noqa: F401
    fields,
    shift,
    terms,
)

# init


def test_init_makes_a_key_pair_that_only_its_owner_can_read(bare):
    assert bare.key.name == VENDOR
    assert str(bare.secret.verifier) == str(bare.key)
    for name in ("vendor.key", "desk.db"):
        assert stat.S_IMODE((bare.path / name).stat().st_mode) == 0o600


def test_init_prints_the_verifier_key_and_what_comes_next(empty):
    said = empty.run("init", VENDOR, "--no-passphrase").stdout
    assert str(empty.key) in said
    assert "Next:" in said


def test_init_leaves_a_desk_that_is_there_alone(bare):
    before = (bare.path / "vendor.key").read_bytes()
    said = bare.run("init", VENDOR, "--no-passphrase", expect=CONFLICT).stderr
    assert "(file-exists)" in said
    assert (bare.path / "vendor.key").read_bytes() == before


@pytest.mark.parametrize("name", ["", "Acme", "acme example", ".acme", "a" * 64, "acme/x", "acme+x"])
def test_init_refuses_a_vendor_that_is_no_id(empty, name):
    empty.run("init", name, "--no-passphrase", expect=USAGE)
    assert not empty.path.exists()


def test_init_says_that_both_kinds_of_passphrase_exclude_each_other(empty):
    empty.run("init", VENDOR, "--no-passphrase", "--passphrase-file", "p", expect=USAGE)


def test_init_leaves_nothing_where_it_cannot_write(empty):
    empty.path.write_text("a file, not a folder")
    assert "(file-write)" in empty.run("init", VENDOR, "--no-passphrase", expect=FILES).stderr


def test_the_desk_is_found_by_the_environment_and_in_the_current_folder(bare):
    assert "studio" not in bare.run_it(bare.program, "key", env={"AVAL_DESK": str(bare.path)}).stdout
    bare.run_it(bare.program, "key", cwd=bare.path)
    assert "(not-set-up)" in bare.run_it(bare.program, "key", expect=USAGE).stderr


# passphrase


def test_a_sealed_key_signs_with_its_passphrase_and_no_other(empty):
    empty.write("passphrase", "correct horse\n")
    empty.write("wrong", "correct hors\n")
    empty.write("studio.ini", STUDIO)
    empty.run("init", VENDOR, "--passphrase-file", "passphrase")
    sealed = (empty.path / "vendor.key").read_text()
    assert sealed.startswith(f"aval sealed-key v1\nkey {empty.key}\nops 3\nmem 262144\n")
    assert "PRIVATE" not in sealed

    said = empty.run("product", "studio.ini", "--passphrase-file", "wrong", expect=FILES).stderr
    assert "(secret-key-locked)" in said
    assert not (empty.folder / "studio.product").exists()
    assert empty.rows() == []

    empty.run("product", "studio.ini", "--passphrase-file", "passphrase")
    open_note((empty.folder / "studio.product").read_bytes(), empty.key)
    empty.run("product", "studio.ini", "-o", "second", stdin="correct horse\n")
    assert "sealed-key" in empty.run("inspect", empty.path / "vendor.key").stdout


def test_a_passphrase_is_read_from_standard_input_where_that_is_no_terminal(empty):
    empty.write("studio.ini", STUDIO)
    empty.run("init", VENDOR, stdin="correct horse\n")
    empty.run("product", "studio.ini", "--passphrase-file", "-", stdin="correct horse\n")
    assert "(usage)" in empty.run("product", "studio.ini", "-o", "again", expect=USAGE).stderr


def asked(desk, *args):
    """What a terminal asks, where each question gets the same passphrase."""
    ours, its = pty.openpty()
    said = b""
    with subprocess.Popen([desk.program, "--desk", desk.path, *args], cwd=desk.folder, stdin=its, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, bufsize=0) as process:
        os.close(its)
        while piece := process.stderr.read(1):
            said += piece
            if said.endswith(b": "):
                os.write(ours, b"correct horse\n")
        assert process.wait() == 0, said
    os.close(ours)
    return said.decode()


def test_a_passphrase_is_asked_for_on_a_terminal(empty):
    empty.write("studio.ini", STUDIO)
    assert asked(empty, "init", VENDOR) == "Passphrase for the new keys: \nThe same again: \n"
    assert asked(empty, "product", "studio.ini") == f"Passphrase of the key of {VENDOR}: \n"
    open_note((empty.folder / "studio.product").read_bytes(), empty.key)


@pytest.mark.parametrize("passphrase", ["", "\nsecond line\n"])
def test_an_empty_passphrase_is_refused(empty, passphrase):
    empty.write("passphrase", passphrase)
    empty.run("init", VENDOR, "--passphrase-file", "passphrase", expect=INPUT)
    assert not (empty.path / "vendor.key").exists()


def test_a_sealed_key_with_too_high_a_cost_is_refused_before_it_costs(empty):
    empty.write("passphrase", "p\n")
    empty.write("studio.ini", STUDIO)
    empty.run("init", VENDOR, "--passphrase-file", "passphrase")
    path = empty.path / "vendor.key"
    path.write_text(path.read_text().replace("mem 262144", "mem 1048577"))
    said = empty.run("product", "studio.ini", "--passphrase-file", "passphrase", expect=INPUT).stderr
    assert "vendor.key" in said and "line 4" in said


def test_the_secret_key_of_another_vendor_does_not_sign(desk):
    (desk.path / "vendor.key").write_text("PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n")
    assert "(key-form)" in desk.run("license", "uni.host-request", *TERMS, expect=INPUT).stderr


# product


def test_a_product_document_says_what_the_file_says(desk):
    text = open_note((desk.folder / "studio.product").read_bytes(), desk.key)
    said = fields(text)
    assert text.startswith("aval product v1\n")
    assert ("title", "Acme Studio") in said and ("grace", "12h") in said
    assert ("vendor-key", str(desk.key)) in said
    assert [v for k, v in said if k == "edition"] == ["edu", "pro"]
    assert [v for k, v in said if k == "feature"] == ["export", "preview", "render"]


def test_a_product_is_recorded_with_its_full_text(desk):
    assert desk.rows() == [("product", "studio", (desk.folder / "studio.product").read_text())]


def test_a_product_that_exists_is_not_overwritten(desk):
    before = (desk.folder / "studio.product").read_bytes()
    said = desk.run("product", "studio.ini", expect=CONFLICT).stderr
    assert "studio.product" in said and "(file-exists)" in said
    assert (desk.folder / "studio.product").read_bytes() == before
    assert len(desk.rows()) == 1


@pytest.mark.parametrize("command", [["product", "studio.ini"], ["license", "uni.host-request", *TERMS]])
def test_what_is_signed_does_not_go_to_standard_output(desk, command):
    """Nor into a file with the name of it; and nothing is signed, or would stand in the record."""
    desk.request()
    said = desk.run(*command, "--output", "-", expect=USAGE)
    assert "goes into a file and not to standard output" in said.stderr and said.stdout == ""
    assert not (desk.folder / "-").exists()
    assert len(desk.rows()) == 1, "the product of before"


def test_the_product_defined_last_is_the_one_in_force(desk):
    desk.write("studio.ini", STUDIO + "[edition max]\ntitle = Acme Studio Max\n")
    desk.run("product", "studio.ini", "--output", "studio-2.product")
    assert re.findall(r"studio\s+(\w+)", desk.run("key").stdout) == ["edu", "max", "pro"]


@pytest.mark.parametrize(
    "text, line, code, status",
    [
        ("", None, "text-empty", INPUT),
        ("[product]\nid = studio\n", None, "document-missing-key", INPUT),
        (STUDIO.replace("id = studio", "id = Studio"), 2, "config-bad-value", USAGE),
        (STUDIO.replace("grace = 12h", "grace = soon"), 4, "config-bad-value", USAGE),
        (STUDIO.replace("grace =", "price ="), 4, "config-unknown-key", USAGE),
        (STUDIO.replace("[edition pro]", "[editions]"), 7, "config-unknown-key", USAGE),
        (STUDIO.replace("title = Acme Studio Pro", "title Acme Studio Pro"), 7, "config-syntax", USAGE),
        (STUDIO + "title = again\n", 13, "document-duplicate-key", INPUT),
    ],
)
def test_a_bad_product_file_is_refused_with_file_line_and_reason(bare, text, line, code, status):
    bare.write("bad.ini", text)
    said = bare.run("product", "bad.ini", expect=status).stderr
    assert "bad.ini" in said and f"({code})" in said
    assert line is None or f"line {line}" in said
    assert bare.rows() == []


def test_a_missing_product_file_is_named(bare):
    assert "nowhere.ini" in bare.run("product", "nowhere.ini", expect=FILES).stderr


# key


def test_keys_are_the_same_as_in_the_product_document(desk):
    said = fields(open_note((desk.folder / "studio.product").read_bytes(), desk.key))
    keys = [v for k, v in said if k == "key"]
    table = desk.run("key").stdout
    listed = json.loads(desk.run("key", "studio", "--json").stdout)["keys"]
    assert [row["key"] for row in listed] == keys
    assert all(key in table for key in keys)
    assert listed[0] == {"vendor": VENDOR, "product": "studio", "edition": "edu", "key": keys[0],
                         "counted_key": listed[0]["counted_key"]}
    assert all(row["counted_key"] in table and row["counted_key"] not in keys for row in listed)


def test_keys_of_an_unknown_product_are_not_found(desk):
    assert "(not-found)" in desk.run("key", "office", expect=USAGE).stderr


def test_a_desk_without_products_says_so(bare):
    done = bare.run("key")
    assert done.stdout == "" and "No product" in done.stderr


# license


def test_a_license_says_what_was_asked_for(desk):
    options = ["--overage", 2, "--customer", "Uni Example", "--lease", "90d", "--renew", "60m", "--retry", "30s"]
    options += ["--feature", "render", "--from", "2027-01-01", "--until", "2028-01-01T12:00:00Z"]
    said = desk.license(*options)
    assert [pair for pair in said if pair[0] not in ("license", "issued")] == [
        ("vendor", VENDOR),
        ("customer", "Uni Example"),
        ("host-key", str(desk.host_key.verifier)),
        ("product", "studio"),
        ("edition", "pro"),
        ("mode", "volume"),
        ("threshold", "25"),
        ("seats", "28"),
        ("overage", "2"),
        ("lease", "90d"),
        ("renew", "1h"),
        ("retry", "30s"),
        ("feature", "render"),
        ("not-before", "2027-01-01T00:00:00Z"),
        ("not-after", "2028-01-01T12:00:00Z"),
    ]


@pytest.mark.parametrize("until, ends, says", [
    ("2028-01-01", "2028-01-02T00:00:00Z", "2028-01-01 is the last day, in UTC"),
    ("2028-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2027-12-31 is the last day, in UTC"),
    ("2028-01-01T00:00:01Z", "2028-01-01T00:00:01Z", "until 2028-01-01T00:00:01Z\n"),
])
def test_the_day_until_which_it_is_in_force_is_included(desk, until, ends, says):
    done = desk.run("license", "uni.host-request", *terms("--from", "2027-01-01", "--until", until), "-o", "until.license")
    assert dict(fields((desk.folder / "until.license").read_text().split("\n\n")[0]))["not-after"] == ends
    assert says in done.stdout


def test_terms_that_contradict_the_thirty_days_of_the_count_are_not_signed(desk):
    said = desk.run("license", "uni.host-request", *terms("--threshold", 3, "--renew", "30d"), expect=USAGE).stderr
    assert "30 days" in said and "--threshold 1" in said
    for more in ("--threshold", 1, "--renew", "60d"), ("--threshold", 3, "--renew", "29d", "--retry", "1d"):
        desk.run("license", "uni.host-request", *terms(*more), "-o", f"{more[1]}.license")


def test_what_short_leases_weigh_is_said(desk):
    said = desk.run("license", "uni.host-request", *terms("--lease", "10m", "--renew", "5m", "--retry", "1m"), "-o", "short").stderr
    assert "every 5 minutes" in said and "89 GB a year" in said
    assert "GB" not in desk.run("license", "uni.host-request", *terms("--lease", "1d", "--renew", "1h"), "-o", "day").stderr


def test_a_license_has_sensible_defaults(desk):
    said = desk.license()
    values = dict(said)
    assert re.fullmatch("[0-9a-f]{20}", values["license"])
    assert values["customer"] == "University of Example"
    assert (values["overage"], values["lease"], values["renew"], values["retry"]) == ("0", "180d", "7d", "2h")
    assert [v for k, v in said if k == "feature"] == ["export", "preview", "render"]
    begins, ends = (datetime.strptime(values[k], "%Y-%m-%dT%H:%M:%SZ") for k in ("not-before", "not-after"))
    assert ends - begins == timedelta(days=365)


def test_a_license_goes_to_a_file_named_after_its_id(desk):
    said = desk.run("license", "uni.host-request", *TERMS).stdout
    found = list(desk.folder.glob("*.license"))
    assert len(found) == 1 and found[0].name in said
    assert dict(fields(open_note(found[0].read_bytes(), desk.key)))["license"] == found[0].stem


def test_a_license_is_told_in_words(desk):
    said = desk.run("license", "uni.host-request", *TERMS, "--overage", 3).stdout
    assert "28 seats and 3 beyond them, once 25 machines have asked" in said
    assert "export, preview, render" in said


def test_a_license_is_recorded_with_its_full_text(desk):
    said = dict(desk.license())
    assert desk.rows()[1:] == [("license", said["license"], (desk.folder / "uni.license").read_text())]


def test_no_license_for_a_request_with_any_flipped_bit(desk, tmp_path):
    """Each needs a process, hence one bit of every seventh byte; the unit tests of core flip all of them."""
    good = (tmp_path / "uni.host-request").read_bytes()
    for at in range(0, len(good), 7):
        bad = bytearray(good)
        bad[at] ^= 1 << (at % 8)
        desk.write("bad", bytes(bad))
        done = subprocess.run(
            [desk.program, "--desk", desk.path, "license", "bad", *map(str, TERMS)], capture_output=True, cwd=tmp_path
        )
        assert done.returncode in (INPUT, TRUST), f"bit {at % 8} of byte {at}: {done.stdout}{done.stderr}"
    assert [kind for kind, _, _ in desk.rows()] == ["product"]


def test_no_license_for_a_request_that_another_key_signed(desk):
    key, other = SigningKey(f"{HOST}/{VENDOR}"), SigningKey(f"{HOST}/{VENDOR}")
    text = open_note(desk.request(key=key).read_bytes(), key.verifier)
    desk.write("forged", other.sign(text))
    assert "(signer-unknown)" in desk.run("license", "forged", *TERMS, expect=TRUST).stderr


def test_no_license_for_a_request_whose_signature_belongs_to_another_text(desk):
    path = desk.request()
    path.write_text(path.read_text().replace("University of Example", "Everybody"))
    assert "(signature-wrong)" in desk.run("license", path, *TERMS, expect=TRUST).stderr


def test_no_license_for_a_request_to_another_vendor(desk):
    path = desk.request(vendor="other.example")
    said = desk.run("license", path, *TERMS, expect=TRUST).stderr
    assert "(license-other-vendor)" in said and "other.example" in said


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe\x80" * 64, b"x" * 200_000, b"aval host-request v1\n"],
    ids=["nothing", "binary", "too-large", "unsigned"],
)
def test_no_license_for_what_is_no_request(desk, content):
    desk.run("license", desk.write("junk", content), *TERMS, expect=INPUT)


@pytest.mark.parametrize(
    "change, words",
    [
        (["--product", "office"], "office"),
        (["--edition", "max"], "max"),
        (["--feature", "fly"], "fly"),
        (["--feature", "render", "--feature", "render"], "twice"),
        (["--threshold", "0"], "--threshold"),
        (["--seats", "many"], "--seats"),
        (["--seats", "-1"], "--seats"),
        (["--seats", "1000000001"], "--seats"),
        (["--lease", "1"], "--lease"),
        (["--lease", "30s"], "--lease"),
        (["--lease", "1d"], "--renew"),
        (["--retry", "0s"], "--retry"),
        (["--from", "yesterday"], "--from"),
        (["--from", "2027-02-30"], "--from"),
        (["--from", "2027-01-02", "--until", "2027-01-01"], "before it begins"),
        (["--for", "0s"], "before it begins"),
        (["--until", "2028-01-01", "--for", "1d"], "exclude"),
        (["--from", "9999-12-31", "--for", "3650d"], "9999"),
        (["--customer", ""], "--customer"),
        (["--customer", "x" * 129], "--customer"),
    ],
)
def test_bad_terms_are_refused_by_name(desk, change, words):
    assert words in desk.run("license", "uni.host-request", *terms(*change), expect=USAGE).stderr
    assert not list(desk.folder.glob("*.license"))


@pytest.mark.parametrize("missing", ["--product", "--edition", "--threshold", "--seats"])
def test_terms_without_a_default_are_needed(desk, missing):
    at = TERMS.index(missing)
    said = desk.run("license", "uni.host-request", *TERMS[:at], *TERMS[at + 2 :], expect=USAGE).stderr
    assert f"{missing} is needed" in said


def test_a_license_that_exists_is_not_overwritten_and_not_signed(desk):
    desk.write("uni.license", "precious")
    assert "(file-exists)" in desk.run("license", "uni.host-request", *TERMS, "-o", "uni.license", expect=CONFLICT).stderr
    assert (desk.folder / "uni.license").read_text() == "precious"
    assert len(desk.rows()) == 1


def test_a_license_that_cannot_be_written_is_not_recorded(desk):
    desk.run("license", "uni.host-request", *TERMS, "-o", "nowhere/uni.license", expect=FILES)
    assert len(desk.rows()) == 1


def test_a_threshold_above_the_seats_is_pointed_out(desk):
    assert "threshold is higher" in desk.run("license", "uni.host-request", *terms("--seats", 5)).stderr


# licenses


def test_licenses_are_listed_with_their_state(desk):
    ids = [
        dict(desk.license(output="1"))["license"],
        dict(desk.license("--from", shift(days=-9), "--until", shift(days=-1), output="2"))["license"],
        dict(desk.license("--from", shift(days=1), output="3"))["license"],
        dict(desk.license("--overage", 4, output="4"))["license"],
    ]
    desk.run("revoke", ids[3])
    listed = json.loads(desk.run("licenses", "--json").stdout)["licenses"]
    assert [(row["license"], row["state"]) for row in listed] == list(
        zip(ids, ["in force", "ended", "not begun", "revoked"])
    )
    assert listed[0] | {"license": 0, "issued": 0, "not_before": 0, "not_after": 0} == {
        "license": 0,
        "customer": "University of Example",
        "hosts": [HOST],
        "product": "studio",
        "edition": "pro",
        "mode": "volume",
        "seats": 28,
        "overage": 0,
        "threshold": 25,
        "issued": 0,
        "not_before": 0,
        "not_after": 0,
        "replaces": [],
        "state": "in force",
    }
    table = desk.run("licenses").stdout
    assert all(one in table for one in ids) and "28+4" in table


def test_a_license_can_be_printed_again_as_it_was_signed(desk):
    said = dict(desk.license())
    assert desk.run("licenses", said["license"]).stdout == (desk.folder / "uni.license").read_text()
    desk.run("licenses", "0" * 20, expect=USAGE)


def test_one_license_is_listed_alone_as_json(desk):
    one, _ = dict(desk.license(output="1"))["license"], desk.license(output="2")
    alone = json.loads(desk.run("licenses", one, "--json").stdout)["licenses"]
    assert alone == [row for row in json.loads(desk.run("licenses", "--json").stdout)["licenses"] if row["license"] == one]
    assert len(alone) == 1
    missing = json.loads(desk.run("licenses", "0" * 20, "--json", expect=USAGE).stdout)
    assert missing["code"] == "not-found" and "0" * 20 in missing["message"]


def test_a_name_with_quotes_and_umlauts_survives_json(desk):
    name = 'Universität "Nord" \\ Süd'
    desk.license("--customer", name)
    assert json.loads(desk.run("licenses", "--json").stdout)["licenses"][0]["customer"] == name


def test_a_desk_without_licenses_says_so(desk):
    assert "No license" in desk.run("licenses").stderr
    assert json.loads(desk.run("licenses", "--json").stdout) == {"licenses": []}


# revoke


def test_revocations_hold_all_that_former_ones_held(desk):
    first, second = (dict(desk.license(output=name))["license"] for name in "12")
    host_key = str(desk.host_key.verifier)
    desk.run("revoke", first)
    desk.run("revoke", "--host-key", host_key, second, "-o", "list")
    one = fields(open_note((desk.folder / f"{VENDOR}-1.revocations").read_bytes(), desk.key))
    two = fields(open_note((desk.folder / "list").read_bytes(), desk.key))
    assert [p for p in one if p[0] != "issued"] == [("vendor", VENDOR), ("sequence", "1"), ("license", first)]
    assert [p for p in two if p[0] != "issued"] == [
        ("vendor", VENDOR),
        ("sequence", "2"),
        *[("license", one_id) for one_id in sorted([first, second])],
        ("host-key", host_key),
    ]


def test_what_is_revoked_already_is_handed_out_again_and_not_signed_anew(desk):
    revoked = dict(desk.license())["license"]
    desk.run("revoke", revoked)
    desk.run("revoke", revoked, "-o", "again")
    assert (desk.folder / "again").read_bytes() == (desk.folder / f"{VENDOR}-1.revocations").read_bytes()


def test_no_license_for_a_revoked_host_key(desk):
    desk.run("revoke", "--host-key", desk.host_key.verifier)
    assert "(license-revoked)" in desk.run("license", "uni.host-request", *TERMS, expect=NO_LICENSE).stderr


@pytest.mark.parametrize(
    "args, status",
    [
        ([], USAGE),
        (["0" * 20], USAGE),
        (["--host-key", "nonsense"], INPUT),
        (["--host-key", SigningKey(f"{HOST}/other.example").verifier], TRUST),
        (["--host-key", SigningKey("no-host").verifier], TRUST),
    ],
)
def test_nothing_unknown_is_revoked(desk, args, status):
    desk.run("revoke", *args, expect=status)
    assert not list(desk.folder.glob("*.revocations"))


# the record


def test_a_record_made_by_a_newer_version_is_left_untouched(desk):
    with sqlite3.connect(desk.path / "desk.db") as database:
        database.execute("PRAGMA user_version = 2")
    before = (desk.path / "desk.db").read_bytes()
    for args in (["key"], ["licenses"], ["license", "uni.host-request", *TERMS]):
        assert "(store-newer)" in desk.run(*args, expect=FILES).stderr
    assert (desk.path / "desk.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"SQLite format 4\x00" * 512, b"junk"], ids=["empty", "other", "junk"])
def test_a_record_that_is_none_of_ours_is_left_untouched(desk, content):
    (desk.path / "desk.db").write_bytes(content)
    assert "(store-foreign)" in desk.run("key", expect=FILES).stderr
    assert (desk.path / "desk.db").read_bytes() == content


def test_a_missing_record_is_not_made_anew(desk):
    (desk.path / "desk.db").unlink()
    assert "(store-failed)" in desk.run("key", expect=FILES).stderr
    assert not (desk.path / "desk.db").exists()


def test_a_document_that_was_changed_in_the_record_is_noticed(desk):
    desk.license()
    with sqlite3.connect(desk.path / "desk.db") as database:
        database.execute("UPDATE signed SET note = replace(note, 'seats 28', 'seats 29')")
    assert "(signature-wrong)" in desk.run("licenses", expect=TRUST).stderr


def test_a_locked_record_is_said_to_be_locked(desk):
    database = sqlite3.connect(desk.path / "desk.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    assert "(locked)" in desk.run("license", "uni.host-request", *TERMS, expect=CONFLICT).stderr
    database.close()


KILLED = """
import os, sqlite3, sys
desk = sqlite3.connect(sys.argv[1], isolation_level=None)
desk.execute("PRAGMA cache_size = 1")
desk.execute("BEGIN IMMEDIATE")
desk.execute("CREATE TABLE half (text)")
desk.executemany("INSERT INTO half VALUES (?)", [("x" * 5000,)] * 200)
os._exit(9)
"""


def test_what_was_killed_while_it_wrote_the_record_is_taken_back_by_whoever_comes_next(desk):
    desk.run("license", "uni.host-request", *TERMS)
    before = desk.run("licenses", "--json").stdout
    for command in ["licenses"], ["key"], ["audit", "--help"], ["licenses", "--json"]:
        subprocess.run(["/usr/bin/python3", "-c", KILLED, desk.path / "desk.db"], check=False)
        assert (desk.path / "desk.db-journal").stat().st_size > 0, "it was not killed in time"
        desk.run(*command)
    assert desk.run("licenses", "--json").stdout == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_desk_on_a_read_only_medium_can_be_read(desk):
    desk.path.chmod(0o500)
    (desk.path / "desk.db").chmod(0o400)
    assert "studio" in desk.run("key").stdout


# the command line


@pytest.mark.parametrize("command", ["init", "product", "key", "license", "licenses", "revoke", "inspect", "audit"])
def test_every_command_has_a_page_with_examples(empty, command):
    said = empty.run(command, "--help").stdout
    assert "Examples:" in said and f"aval-vendor {command}" in said


@pytest.mark.parametrize("args", [["fly"], ["key", "--fly"], ["init"], ["license"], ["inspect"], ["key", "a", "b"]])
def test_a_command_line_that_makes_no_sense_is_a_usage_error(empty, args):
    assert "--help" in empty.run(*args, expect=USAGE).stderr




def test_every_command_option_and_exit_status_stands_in_the_manual_page(empty):
    page = (Path(__file__).resolve().parents[2] / "docs/man/aval-vendor.1.scd").read_text()
    commands = re.findall(r"^  ([a-z-]+) ", empty.run("--help").stdout, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        assert re.search(rf"^## {command} ", page, re.MULTILINE), command
        for option in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", empty.run(command, "--help").stdout, re.MULTILINE):
            assert f"*{option}*" in page, f"{command} {option}"
    for status in (0, 1, USAGE, INPUT, TRUST, FILES, CONFLICT, NO_LICENSE):
        assert re.search(rf"^\*{status}\*$", page, re.MULTILINE), status


def test_a_document_can_come_by_standard_input(desk):
    desk.run("inspect", "-", stdin=(desk.folder / "studio.product").read_text())
