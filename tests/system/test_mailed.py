"""Documents that came by mail: every program that a person gives one to undoes what mail and editors do, and only that."""

import base64
import json
import quopri
import re
import textwrap

import pytest
from vendor_desk import INPUT, TRUST, VENDOR, bare, desk, empty, terms  # noqa: F401


def wrapped(text, width):
    lines = [textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""] for line in text.split("\n")]
    return "\n".join(part for parts in lines for part in parts)


WAYS = {
    "windows": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "no last newline": lambda text: text.rstrip("\n"),
    "quoted": lambda text: "On Monday you wrote:\n" + re.sub("^", "> ", text, flags=re.M) + "\nThank you!\n",
    "blanks": lambda text: text.replace("\n", " \u00a0\n\n"),
    "words": lambda text: f"Hello,\n\nhere it is:\n\n{text}\nRegards\n-- \nMary\n",
    "dash": lambda text: text.replace("\u2014", "--"),
    "wrapped": lambda text: wrapped(text, 60),
    "all": lambda text: "Hi!\r\n" + re.sub("^", ">> ", wrapped(text.replace("\u2014", "\u2013"), 60), flags=re.M).replace(
        "\n", " \r\n\r\n"),
}


@pytest.fixture
def post(desk, build, run):
    """The desk with a host that it may license: avald(...), the request, and a license."""
    data = desk.folder / "host"
    program = build / "src" / "programs" / "avald"

    class Post:
        def avald(self, *args, **kwargs):
            return run(program, *args, "--data", data, **kwargs)

        def carry(self, name, way):
            """That file as it arrives."""
            arrived = desk.folder / "arrived"
            arrived.write_bytes(WAYS[way]((desk.folder / name).read_text()).encode())
            return arrived

    post = Post()
    post.avald("init", "--name", "kms.uni.example")
    post.avald("enroll", desk.path / "vendor.vkey", "--customer", "University of product design, seats and other long words",
               "--output", desk.folder / "uni.request")
    return post


# What is not undone, and the words that name it.
CAUSES = {
    "utf-16": (lambda text: text.encode("utf-16"), "it is UTF-16"),
    "utf-16 without a mark": (lambda text: text.encode("utf-16-be"), "it is UTF-16"),
    "latin-1": (lambda text: text.encode("cp1252"), "another character set"),
    "quoted-printable": (lambda text: quopri.encodestring(text.encode()), "quoted-printable"),
    "base64": (lambda text: base64.encodebytes(text.encode()), "as that travels (base64)"),
    "html": (lambda text: ("&gt; " + text.replace("\n", "\n&gt; ")).encode(), "a formatted text"),
    "page": (lambda text: f"<html><pre>{text}</pre>".encode(), "a formatted text"),
    "rich text": (lambda text: f"{{\\rtf1 {text}}}".encode(), "a formatted text"),
    "macintosh": (lambda text: text.replace("\n", "\r").encode(), "old Macintosh"),
    "no-break spaces": (lambda text: text.replace(" ", "\u00a0").encode(), "(U+00A0)"),
    "soft hyphens": (lambda text: text.replace("aval ", "aval \u00ad", 1).encode(), "(U+00AD)"),
    "zero width": (lambda text: text.replace("\n", "\u200b\n").encode(), "(U+200B)"),
    "tabs": (lambda text: text.replace(" ", "\t").encode(), "tabs stand where blanks stood"),
    "bars": (lambda text: re.sub("^", "| ", text, flags=re.M).encode(), "something else than '>'"),
    "indented": (lambda text: re.sub("^", "    ", text, flags=re.M).encode(), "something else than '>'"),
    "unsigned": (lambda text: text[: text.rindex("\n\n") + 1].encode(), "its signature is missing"),
    "archive": (lambda text: b"PK\x03\x04" + bytes(range(256)), "an archive"),
    "pdf": (lambda text: b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "an archive, a PDF"),
}


def kept(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("way", WAYS)
def test_each_program_takes_what_mail_made_of_a_document(post, desk, build, run, way):
    request = post.carry("uni.request", way)
    done = desk.run("license", request, *terms(), "-o", "sent.license")
    assert "changed on its way" in done.stderr and str(request) in done.stderr
    license_text = (desk.folder / "sent.license").read_text()
    revoked = re.search("^license (.*)", license_text, re.M)[1]
    desk.run("revoke", revoked, "-o", "sent.revocations")
    for name in "sent.license", "sent.revocations":
        done = post.avald("import", post.carry(name, way))
        assert "changed on its way" in done.stderr
    licenses = desk.folder / "host" / "vendors" / VENDOR / "licenses"
    assert [path.read_text() for path in licenses.iterdir()] == [license_text], "what is kept is what was signed"
    said = json.loads(desk.run("inspect", post.carry("sent.license", way), "--json").stdout)
    assert (said["verdict"], said["mended"]) == ("verifies", "yes")
    state = desk.folder / "machine"
    done = run(build / "src/programs/aval", "--state", state, "product", "install", post.carry("studio.product", way),
               "--vendor-key", desk.path / "vendor.vkey")
    assert "changed on its way" in done.stderr
    assert (desk.folder / "studio.product").read_bytes() in kept(state).values()


def test_a_whole_document_is_taken_without_a_word(post, desk):
    assert desk.run("license", "uni.request", *terms(), "-o", "sent.license").stderr.count("changed") == 0
    assert "changed" not in post.avald("import", desk.folder / "sent.license").stderr
    assert "mended" not in json.loads(desk.run("inspect", "sent.license", "--json").stdout)


def test_what_was_changed_otherwise_is_refused_as_ever(post, desk):
    desk.run("license", "uni.request", *terms(), "-o", "sent.license")
    text = (desk.folder / "sent.license").read_text()
    for change in (text.replace("seats 28", "seats 29"), re.sub("customer .*", "customer Another", text)):
        for way in "all", "quoted":
            (desk.folder / "arrived").write_text(WAYS[way](change))
            assert "signature-wrong" in post.avald("import", desk.folder / "arrived", expect=TRUST).stderr
    cut = WAYS["quoted"](text[: len(text) // 2])
    (desk.folder / "arrived").write_text(cut)
    assert "(note-form" in post.avald("import", desk.folder / "arrived", expect=INPUT).stderr
    assert not list((desk.folder / "host" / "vendors" / VENDOR / "licenses").glob("*"))


def test_two_documents_in_one_mail_are_named_and_none_is_taken(post, desk):
    for name in "one.license", "two.license":
        desk.run("license", "uni.request", *terms(), "-o", name)
    both = "".join(WAYS["quoted"]((desk.folder / name).read_text()) for name in ("one.license", "two.license"))
    (desk.folder / "arrived").write_text(both)
    for done in (post.avald("import", desk.folder / "arrived", expect=INPUT), desk.run("inspect", "arrived", expect=INPUT)):
        assert "document-several" in done.stderr
    same = WAYS["quoted"]((desk.folder / "one.license").read_text()) + (desk.folder / "one.license").read_text()
    (desk.folder / "arrived").write_text(same)
    post.avald("import", desk.folder / "arrived")


def test_a_key_and_what_programs_hand_each_other_is_never_mended(post, desk):
    for name, text in {"key": (desk.path / "vendor.vkey").read_text()}.items():
        (desk.folder / name).write_text(WAYS["quoted"](text))
        assert post.avald("enroll", desk.folder / name, "--customer", "X", expect=INPUT).returncode == INPUT


@pytest.mark.parametrize("way", CAUSES)
def test_what_cannot_be_undone_is_named_by_every_program(post, desk, build, run, way):
    change, words = CAUSES[way]
    desk.run("license", "uni.request", *terms(), "-o", "sent.license")
    for name in "sent.license", "uni.request", "studio.product":
        if (way, name) == ("soft hyphens", "studio.product"):
            continue  # a note still, of which its signature says first that it is not as it was signed
        text = (desk.folder / name).read_text()
        (desk.folder / "arrived").write_bytes(change(text))
        tried = {"sent.license": lambda: post.avald("import", desk.folder / "arrived", expect=INPUT),
                 "uni.request": lambda: desk.run("license", "arrived", *terms(), "-o", "x", expect=INPUT),
                 "studio.product": lambda: run(build / "src/programs/aval", "--state", desk.folder / "m", "product", "install",
                                               desk.folder / "arrived", "--vendor-key", desk.path / "vendor.vkey", expect=INPUT)}
        assert words in tried[name]().stderr, name
        assert words in desk.run("inspect", "arrived", expect=INPUT).stderr, name
