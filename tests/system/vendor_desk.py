"""A vendor's desk that is tried command by command, for test_vendor.py and test_inspect.py."""

import sqlite3
from datetime import datetime, timedelta, timezone

import pytest
from independent import SigningKey, VerifierKey, open_note

VENDOR = "acme.example"
HOST = "kms.uni.example"
STUDIO = """\
[product]
id = studio
title = Acme Studio
grace = 12h

[edition pro]
title = Acme Studio Pro
features = render, export
  preview

[edition edu]
title = Acme Studio for Schools
"""
USAGE, INPUT, TRUST, FILES, CONFLICT, NO_LICENSE = 2, 3, 4, 5, 6, 14
TERMS = ["--product", "studio", "--edition", "pro", "--threshold", 25, "--seats", 28]


def terms(*others):
    """TERMS, without those that the others give anew."""
    kept = [TERMS[i : i + 2] for i in range(0, len(TERMS), 2) if TERMS[i] not in others]
    return [*(word for pair in kept for word in pair), *others]


def fields(text):
    """The `key value` lines of a document, as a list of pairs."""
    return [tuple(line.split(" ", 1)) for line in text.splitlines()[1:]]


def shift(**delta):
    return (datetime.now(timezone.utc) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Desk:
    """A desk in tmp_path/desk; commands run in tmp_path."""

    def __init__(self, program, run, folder):
        self.program, self.run_it, self.folder = program, run, folder
        self.path = folder / "desk"

    def run(self, *args, **kwargs):
        return self.run_it(self.program, "--desk", self.path, *args, **kwargs)

    @property
    def key(self):
        return VerifierKey.parse((self.path / "vendor.vkey").read_text())

    @property
    def secret(self):
        return SigningKey.parse((self.path / "vendor.key").read_text())

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def request(self, name="uni.host-request", vendor=VENDOR, key=None, **changes):
        key = key or SigningKey(f"{HOST}/{vendor}")
        values = {"host": HOST, "vendor": vendor, "customer": "University of Example"}
        values |= {"host-key": str(key.verifier), "created": "2026-11-22T09:00:00Z"} | changes
        text = "aval host-request v1\n" + "".join(f"{k} {v}\n" for k, v in values.items())
        self.host_key = key
        return self.write(name, key.sign(text))

    def license(self, *options, output="uni.license", **kwargs):
        """Signs one for the request in uni.host-request and returns its fields."""
        self.run("license", "uni.host-request", *TERMS, "--output", output, *options, **kwargs)
        return fields(open_note((self.folder / output).read_bytes(), self.key))

    def rows(self):
        with sqlite3.connect(self.path / "desk.db") as database:
            return database.execute("SELECT kind, id, note FROM signed ORDER BY number").fetchall()


@pytest.fixture
def empty(build, run, tmp_path):
    """Where a desk could be."""
    return Desk(build / "src/programs/aval-vendor", run, tmp_path)


@pytest.fixture
def bare(empty):
    empty.run("init", VENDOR, "--no-passphrase")
    return empty


@pytest.fixture
def desk(bare):
    """A desk with a product and a host's request."""
    bare.write("studio.ini", STUDIO)
    bare.run("product", "studio.ini")
    bare.request()
    return bare
