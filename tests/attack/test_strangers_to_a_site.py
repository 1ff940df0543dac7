"""A host that answers its organisation's machines alone, and strangers who would like to be some of them: who have no key, who
have heard everything that a machine said, or who have a key of long ago.

Each attack is tried on a host that requires the site key, where it must come to nothing, and on one that is weaker, where it
must work: so that these tests can fail.
"""

import base64
import http.client
import json
import re
import socket
import threading

import independent
import pytest
from world import code_of, log_of, moment, send

PRODUCT = "acme.example/studio/pro"


class Path:
    """The network between a machine and its host, of which somebody hears every byte; `change` is what he makes of what goes
    to the host."""

    def __init__(self, address):
        self.host, self.heard, self.change = address.rsplit(":", 1), [], lambda data: data
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            machine, _ = self.listener.accept()
            host = socket.create_connection((self.host[0], int(self.host[1])))
            for ends in (machine, host, True), (host, machine, False):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, to, is_request):
        try:
            while data := source.recv(65536):
                data = self.change(data) if is_request else data
                self.heard.append(data)
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def bytes(self):
        return b"".join(self.heard)

    def requests(self, path):
        """What was posted there: (header, body), the last one last."""
        found = re.findall(rb"POST " + path.encode() + rb" HTTP.*?\r\nAuthorization: ([^\r]*)\r\n.*?\r\n\r\n(.*?)(?=HTTP/1|POST |GET |$)",
                           self.bytes(), re.DOTALL)
        return [(header.decode(), body.decode()) for header, body in found]


class Scene:
    """A host with a site key, required or not, and a machine of the organisation that has it and a lease."""

    def __init__(self, world, required):
        self.world, self.required, self.desk = world, required, world.make_vendor()
        self.folder = world.make_host(self.desk, extra=["--releases", 100])
        self.new_key()
        self.address = world.serve(self.folder, "--site-required", "yes" if required else "no")
        self.path = Path(self.address)
        self.world.make_machine(self.desk, "own", self.path.address)
        self.aval("site-key", "set", self.folder / "site-key")
        self.aval("activate")

    def aval(self, *args, expect=0):
        return self.world.aval("own", *args, expect=expect)

    def new_key(self):
        self.world.run(self.world.avald, "site-key", "new", "--data", self.folder)
        return (self.folder / "site-key").read_text()

    def status(self):
        ctl = self.world.build / "src" / "programs" / "avalctl"
        return json.loads(self.world.run(ctl, "status", "--json", "--data", self.folder).stdout)

    def machines(self):
        ctl = self.world.build / "src" / "programs" / "avalctl"
        return json.loads(self.world.run(ctl, "machines", "--json", "--data", self.folder).stdout)["machines"]

    def post(self, path, body, *headers):
        """Status, and the code of a denial."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        connection.putrequest("POST", path)
        for header in headers:
            connection.putheader("Authorization", header)
        connection.putheader("Content-Length", str(len(body.encode())))
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, code_of(text)

    def seen(self):
        body = send(self.address, "GET", f"/v1/introduction/{PRODUCT}")[1].decode()
        checkpoint = independent.Introduction.parse(body).checkpoint
        lines = checkpoint.split("\n")
        return lines[0], int(lines[1]), checkpoint

    def invented(self):
        """The request of a machine that there is not, with a key of its own."""
        known = independent.MachineNote.parse(self.path.requests("/v1/activate")[0][1], "request")
        key = independent.MachineKey()
        text = independent.request_text(key.verifier, known.host_key, 1, moment(), known.seen, "acme.example", "studio", "pro")
        return key.sign(text)


@pytest.fixture(params=[True, False], ids=["required", "not required"])
def scene(request, world):
    return Scene(world, request.param)


def test_strangers_without_the_key_get_nothing_and_leave_nothing(scene):
    log = log_of(scene.folder, "event=granted")
    before = scene.status()
    answers = [scene.post("/v1/activate", scene.invented()) for _ in range(8)]
    if not scene.required:
        assert answers == [(200, None)] * 8 and len(scene.machines()) == 9
        return
    assert answers == [(403, "site-key-required")] * 8
    assert [scene.post(path, body)[1] for path in ("/v1/activate", "/v1/release") for body in ("", "nonsense", "x" * 4000)] == [
        "site-key-required"] * 6
    after = scene.status()
    assert len(scene.machines()) == 1 and after["licenses"][0]["count"] == 1
    assert after["ledgers"] == before["ledgers"] and (scene.folder / "log").read_text() == log
    assert after["site_missing"] == before["site_missing"] + 14


def test_what_a_machine_showed_fits_nothing_else(scene):
    """Its header beside another's request, in another order, twice, or behind the body."""
    header, body = scene.path.requests("/v1/activate")[-1]
    codes = [scene.post("/v1/activate", scene.invented(), header)[1]]
    if not scene.required:
        assert codes == [None]
        return
    other = "Aval-Site " + base64.b64encode(bytes(32)).decode()
    assert scene.post("/v1/activate", body, header) == (200, None), "it is the very same, which gives the same lease again"
    codes += [scene.post("/v1/activate", scene.invented(), *headers)[1]
              for headers in ((other,), (header, other), (other, header), (header.lower(),), (header[:-1],))]
    codes.append(scene.post("/v1/activate", body + "\n", header)[1])
    codes.append(scene.post("/v1/release", scene.invented(), header)[1])
    assert set(codes) == {"site-key-wrong", "site-key-required"} and codes.count("site-key-required") == 2
    codes = [scene.post("/v1/activate", body, *headers)[1] for headers in ((header, header), (), (header + " x",))]
    assert codes == ["site-key-required", "site-key-required", "site-key-wrong"]
    assert len(scene.machines()) == 1


def test_a_header_behind_the_body_is_none(scene):
    header, body = scene.path.requests("/v1/activate")[-1]
    head = f"POST /v1/activate HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{len(body.encode()):x}\r\n"
    host, port = scene.address.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"{head}{body}\r\n0\r\nAuthorization: {header}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 403" if scene.required else b"HTTP/1.1 200")


def test_what_was_recorded_with_its_header_is_worth_nothing_more(scene):
    header, body = scene.path.requests("/v1/activate")[-1]
    size = scene.status()["ledgers"][0]["size"]
    assert scene.post("/v1/activate", body, header) == (200, None)
    assert scene.status()["ledgers"][0]["size"] == size, "the running lease, which is of use to that machine alone"
    scene.aval("release")
    assert scene.post("/v1/activate", body, header) == (409, "number-used")
    assert len(scene.machines()) == 1


def test_who_hears_everything_has_no_key(scene):
    scene.aval("renew", "--force")
    scene.aval("release")
    text = (scene.folder / "site-key").read_text()
    encoded = text.split()[-1]
    key = base64.b64decode(encoded)
    spellings = [key, encoded.encode(), key.hex().encode(), key.hex().upper().encode(), base64.urlsafe_b64encode(key),
                 encoded.rstrip("=").encode()]
    assert any(spelling in text.encode() for spelling in spellings), "this search finds what is there"
    heard = scene.path.bytes()
    assert len(scene.path.requests("/v1/activate")) == 2 and len(scene.path.requests("/v1/release")) == 1
    assert not any(spelling in heard for spelling in spellings)
    headers = [header for path in ("/v1/activate", "/v1/release") for header, _ in scene.path.requests(path)]
    assert len(set(headers)) == 3 and all(re.fullmatch(r"Aval-Site \S{44}", header) for header in headers)


@pytest.mark.parametrize("times", [1, 2])
def test_a_key_that_was_exchanged_twice_holds_no_more(world, times):
    """After one exchange it holds: that is what lets machines follow one by one."""
    scene = Scene(world, True)
    for _ in range(times):
        scene.new_key()
    done = scene.aval("renew", "--force", expect=0 if times == 1 else 15)
    if times == 2:
        assert "site-key-wrong" in done.stdout + done.stderr
    assert json.loads(world.run_status("own"))["state"] == "licensed"


def test_who_takes_the_header_out_ends_no_lease(scene):
    scene.path.change = lambda data: re.sub(rb"\r\nAuthorization: [^\r]*", b"", data)
    done = scene.aval("renew", "--force", expect=15 if scene.required else 0)
    scene.aval("release", expect=15 if scene.required else 0)
    if scene.required:
        assert "site-key-required" in done.stdout + done.stderr
        assert json.loads(scene.world.run_status("own"))["state"] == "licensed"
        scene.path.change = lambda data: data
        scene.aval("renew", "--force")


def test_a_forged_denial_does_not_make_a_machine_give_its_key_away(world):
    """Whatever a host says, the next request shows no more than the last one did."""
    scene = Scene(world, True)
    denial = b"aval denial v1\ncode site-key-required\nmessage Send the key.\nretry-after 2h\n"
    asked = []

    def answer(method, path, body):
        asked.append(body)
        return (403, denial) if method == "POST" else send(scene.address, method, path, body)

    fake = world.fake(answer)
    scene.aval("host", "set", fake.address)
    world.run_any(world.program, "--state", world.home / "own", "renew", "--force")
    key = base64.b64decode((scene.folder / "site-key").read_text().split()[-1])
    assert any(asked) and not any(key in body or base64.b64encode(key) in body for body in asked)
    assert json.loads(world.run_status("own"))["state"] == "licensed"
