"""Strangers who invent machines: each has a key of its own and signs as it should, so nothing tells it from a new machine. What
they can have is what the rates of new machines and the networks that may ask leave them; whoever the host knows notices nothing.

Each flood is also let loose on a host whose rates are out of reach, where it must do what it is meant to: so that these tests can
fail.
"""

import hashlib
import http.client
import os
import re
import signal
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import independent
import pytest
from hosting import KEYS, VENDOR, Desk, Host, Machine, denial_code, empty_seen, machine_id, release_note, written

ROOT = Path(__file__).resolve().parents[2]

SLOW = os.environ.get("AVAL_STEP") in ("asan", "tsan")
INVENTED = 2000 if SLOW else 10000
SEATS = 60
FEW = 40  # of new machines; fewer than there are seats
OFF = 1000000000  # a rate out of reach
FLOODER = "127.0.0.9"


@pytest.fixture
def desk(build, run, tmp_path, once):
    return Desk(build, run, tmp_path, once=once)


def set_up(build, run, folder, desk, seats):
    """Yields a host with a license of so many seats, not started; what runs at the end is stopped."""
    made = Host(build, run, folder)
    made.set_up(desk)
    made.avald("import", desk.license(made.request_file(), seats=seats))
    yield made
    made.stop()


@pytest.fixture
def host(build, run, tmp_path, desk):
    yield from set_up(build, run, tmp_path / "host", desk, SEATS)


@pytest.fixture
def large(build, run, tmp_path, desk):
    yield from set_up(build, run, tmp_path / "large", desk, 100000)


def rates(at_once, in_total=OFF, per_hour=1):
    return ["--machines-new-at-once", at_once, "--machines-new-per-hour", per_hour, "--machines-new-at-once-total", in_total,
            "--machines-new-per-hour-total", per_hour]


def connect(host, source):
    return http.client.HTTPConnection("127.0.0.1", host.port, timeout=60, source_address=(source, 0))


def ask(connection, host, machine, number=1):
    """OK, or the code of the denial."""
    connection.request("POST", "/v1/activate", body=host.request(machine, number=number).encode())
    answer = connection.getresponse()
    body = answer.read().decode()
    return "OK" if answer.status == 200 else denial_code(body)


def ask_once(host, source, machine, number=1):
    connection = connect(host, source)
    try:
        return ask(connection, host, machine, number)
    finally:
        connection.close()


def say(host, source, note, path="/v1/activate"):
    """The code of the denial that a note is answered with."""
    connection = connect(host, source)
    connection.request("POST", path, body=note.encode())
    body = connection.getresponse().read().decode()
    connection.close()
    return denial_code(body)


def flood(host, count, source=FLOODER, name="invented"):
    """So many machines, each asking once; how often each answer came."""
    connection = connect(host, source)
    answers = {}
    for number in range(count):
        code = ask(connection, host, machine_id(f"{name} {number}"))
        answers[code] = answers.get(code, 0) + 1
    connection.close()
    return answers


def denied(host, code):
    return next((row["count"] for row in host.json("status")["denied"] if row["code"] == code), 0)


def rows(host):
    return host.json("machines", "list", "--limit", 1000)["machines"]


def license_of(host):
    return host.json("licenses")["licenses"][0]


@pytest.mark.parametrize("weak", [False, True], ids=["the real host", "a host whose rates are out of reach"])
def test_ten_thousand_invented_machines_take_what_the_rate_leaves_them_and_nobody_else_notices(
        host, desk, build, run, tmp_path, weak):
    host.start(*rates(OFF if weak else FEW))
    known, new = (Machine(build, run, tmp_path / name, desk, host) for name in ("known", "new"))
    known.activate()
    count = SEATS + 20 if weak else INVENTED
    answers = {}
    thread = threading.Thread(target=lambda: answers.update(flood(host, count)))
    thread.start()
    for _ in range(3):
        known.aval("renew", "--force")
    if not weak:
        new.activate()
    thread.join()
    known.aval("renew", "--force")
    if weak:
        assert answers["OK"] == SEATS - 1 and license_of(host)["count"] == count + 1
        new.activate(expect=11)  # no-seats: that is what the flood was for
        return
    assert answers == {"OK": FEW, "too-many-new": INVENTED - FEW}
    assert len(rows(host)) == FEW + 2
    assert (license_of(host)["count"], license_of(host)["held"]) == (FEW + 2, FEW + 2)
    assert host.json("denials")["denials"] == []
    assert denied(host, "too-many-new") == INVENTED - FEW
    assert f"{INVENTED - FEW} new machines beyond the rates" in host.ctl("status").stdout
    assert len(host.log().splitlines()) < FEW + 60, "not a line for each"
    first = re.search(r"event=turned-away network_not_listed=0 too_many_new=\d+ untold=0 most=(\S+)", host.log())
    assert first and first[1] == FLOODER


@pytest.mark.parametrize("weak", [False, True], ids=["the real host", "a host whose rates are out of reach"])
def test_strangers_who_have_themselves_denied_fill_neither_the_denials_nor_the_log(host, weak):
    """Nothing of what they ask would leave a machine behind: a wrong clock, a seat that nobody holds, a product that is not there."""
    host.start(*rates(OFF if weak else FEW))
    assert ask_once(host, "127.0.0.2", machine_id("known")) == "OK"
    hours_ago = datetime.now(timezone.utc) - timedelta(hours=5)
    license_id = license_of(host)["id"]
    key = host.secret_key()
    codes = set()
    for number in range(50):
        machine = machine_id(f"denied {number}")
        codes |= {say(host, FLOODER, host.request(machine, when=hours_ago)),
                  say(host, FLOODER, host.request(machine, product="other")),
                  say(host, FLOODER, release_note(machine, empty_seen(key), key.verifier, license_id), "/v1/release")}
    assert codes == {"clock-apart", "no-license", "release-nothing"}
    kept = host.json("denials", "--limit", 1000)["denials"]
    told = 150 if weak else FEW
    host.wait_for(lambda: host.log().count("event=denied") >= told)
    assert len(kept) == told == host.log().count("event=denied")
    assert ask_once(host, FLOODER, machine_id("new")) == "OK", "the rate of new machines is not touched by it"
    assert say(host, "127.0.0.2", host.request(machine_id("known"), number=2, when=hours_ago)) == "clock-apart"
    assert len(host.json("denials", "--limit", 1000)["denials"]) == len(kept) + 1, "of those that are known each has its own"


TOLD = 20  # of one machine that is known, at once and in an hour
DENIED, REPEATED = 3000, 1000


@pytest.mark.parametrize("weak", [False, True], ids=["one machine", "many machines"])
def test_a_machine_that_is_known_fills_neither_the_denials_nor_the_log(host, weak):
    """Its owner signs new numbers as fast as he likes. What the same requests leave where each ten are of another machine is the
    flood."""
    host.start(*rates(OFF))
    hours_ago = datetime.now(timezone.utc) - timedelta(hours=5)
    machines = [machine_id(f"flooder {number}") for number in range(400 if weak else 1)]
    connection = connect(host, FLOODER)
    for machine in machines:
        assert ask(connection, host, machine) in ("OK", "no-seats")
    assert ask_once(host, "127.0.0.2", machine_id("honest"), 1) == ("no-seats" if weak else "OK")
    lines, kept = len(host.log().splitlines()), len(host.json("denials", "--limit", 10000)["denials"])
    counted = denied(host, "clock-apart")
    each = (DENIED + REPEATED) // len(machines)
    for number in range(DENIED):
        connection.request("POST", "/v1/activate",
                           body=host.request(machines[number // each], number=2 + number, when=hours_ago).encode())
        assert denial_code(connection.getresponse().read().decode()) == "clock-apart"
        if number == DENIED // 2:
            assert say(host, "127.0.0.2", host.request(machine_id("honest"), number=2, when=hours_ago)) == "clock-apart"
    if weak:
        assert len(host.json("denials", "--limit", 10000)["denials"]) - kept == DENIED + 1, "that is what the flood is for"
        host.wait_for(lambda: len(host.log().splitlines()) - lines >= DENIED + 1)
        return
    for number in range(REPEATED):
        assert ask(connection, host, machines[0], 10000 + number) == "OK"
    connection.close()
    status = host.json("status")
    assert status["granted"] + status["repeated"] == REPEATED + 2 and denied(host, "clock-apart") - counted == DENIED + 1
    shown = host.json("denials", "--limit", 10000)["denials"]
    hours = 1 + int(SLOW)  # that it may take
    assert TOLD + 1 <= len(shown) - kept <= TOLD * hours + 1
    assert [row["code"] for row in shown if row["machine"] == machine_id("honest")] == ["clock-apart"]
    assert host.json("machines", "show", machine_id("honest"))["licenses"][0]["last_denial"] == "clock-apart"
    minutes = 60 * hours
    assert status["granted"] < 20, "which are leaves, and at the pace of those"
    assert len(host.log().splitlines()) - lines <= TOLD * hours + 2 + minutes + status["granted"]
    assert host.log().count("event=repeated") in range(1, TOLD * hours), "the first of another kind is told at once"
    assert max(len(line) for line in host.log().splitlines()) <= 300, "as docs/operate.md says"
    left_out = re.findall(r"event=left-out lines=\d+ most=(\S+) of_it=\d+", host.log())
    assert left_out and set(left_out) == {machines[0]}


def test_what_was_told_last_of_a_machine_is_shown_whatever_was_left_out(host):
    host.start()
    connection, machine = connect(host, FLOODER), machine_id("flooder")
    assert ask(connection, host, machine) == "OK"
    hours_ago = datetime.now(timezone.utc) - timedelta(hours=5)
    for number in range(2, 50):
        connection.request("POST", "/v1/activate", body=host.request(machine, number=number, when=hours_ago).encode())
        assert denial_code(connection.getresponse().read().decode()) == "clock-apart"
    connection.close()
    assert say(host, FLOODER, host.request(machine, product="other", number=50)) == "no-license"
    host.ctl("block", machine)
    assert say(host, FLOODER, host.request(machine, number=60)) == "machine-blocked"
    assert host.json("denials", "--machine", machine)["denials"][0]["code"] == "machine-blocked"
    assert host.json("machines", "show", machine)["licenses"][0]["last_denial"] == "machine-blocked"


@pytest.mark.parametrize("weak", [False, True], ids=["the real host", "a host whose rates are out of reach"])
def test_many_addresses_take_no_more_than_all_may_together(host, weak):
    """A new machine on yet another address waits as well then, which only the site key or the networks would help; those that the
    host knows do not."""
    host.start(*rates(10, OFF if weak else FEW))
    assert ask_once(host, "127.0.0.2", machine_id("known")) == "OK"
    taken = sum(flood(host, 12, f"127.0.1.{number}", f"of {number}").get("OK", 0) for number in range(1, 6))
    assert taken == (50 if weak else FEW - 1)
    assert ask_once(host, "127.0.0.2", machine_id("new")) == ("OK" if weak else "too-many-new")
    assert ask_once(host, "127.0.0.2", machine_id("known"), 2) == "OK"


def test_the_denial_says_the_numbers_and_when_to_come_back(host):
    host.start(*rates(1, per_hour=7))
    assert flood(host, 1) == {"OK": 1}
    connection = connect(host, FLOODER)
    connection.request("POST", "/v1/activate", body=host.request(machine_id("one too many")).encode())
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status == 429
    lines = dict(line.split(" ", 1) for line in body.splitlines()[1:])
    assert (lines["new-from"], lines["new-at-once"], lines["new-per-hour"]) == ("address", "1", "7")
    assert "takes 1 new machines at once from one address, and 7 an hour" in lines["message"]
    assert lines["retry-after"] == "10m"


def test_a_restart_fills_the_buckets_as_the_manual_says(host):
    host.start(*rates(3))
    assert flood(host, 5) == {"OK": 3, "too-many-new": 2}
    host.stop()
    host.start(*rates(3))
    assert flood(host, 10) == {"OK": 6, "too-many-new": 4}, "the first three are known"


def test_who_is_not_of_the_networks_gets_nothing_whatever_he_asks(host, desk, build, run, tmp_path):
    host.start("--machines-networks", "127.0.0.1", "--machines-networks", "10.0.0.0/8, 2001:db8::/32")
    Machine(build, run, tmp_path / "listed", desk, host).activate()
    assert flood(host, 200) == {"network-not-listed": 200}
    for method, path in (("GET", "/healthz"), ("GET", "/v1/introduction/acme.example/studio/pro"), ("POST", "/v1/release")):
        connection = connect(host, FLOODER)
        connection.request(method, path, body=b"x" if method == "POST" else None)
        answer = connection.getresponse()
        assert answer.status == 403 and denial_code(answer.read().decode()) == "network-not-listed"
        connection.close()
    assert len(rows(host)) == 1 and license_of(host)["count"] == 1 and host.json("denials")["denials"] == []
    assert denied(host, "network-not-listed") == 203
    assert "203 from addresses that are not of the listed networks" in host.ctl("status").stdout
    host.wait_for(lambda: "event=turned-away network_not_listed=" in host.log())
    host.logs("event=turned-away", f"most={FLOODER}")
    assert host.log().count("event=turned-away") == 1


def test_networks_and_rates_change_with_a_reload_also_for_connections_that_are_open(host, tmp_path):
    config = tmp_path / "avald.conf"
    config.write_text("[machines]\nnew-at-once = 2\nnew-per-hour = 1\n")
    host.start("--config", config)
    held = connect(host, FLOODER)
    assert [ask(held, host, machine_id(f"early {number}")) for number in range(3)] == ["OK", "OK", "too-many-new"]
    config.write_text("[machines]\nnew-at-once = 3\nnew-per-hour = 1\n")
    host.ctl("reload")
    assert [ask(held, host, machine_id(f"later {number}")) for number in range(2)] == ["OK", "too-many-new"]
    config.write_text("[machines]\nnetworks = 127.0.0.0/30\n")
    host.ctl("reload")
    assert ask(held, host, machine_id("early 0"), 2) == "network-not-listed"
    held.close()
    assert ask_once(host, "127.0.0.2", machine_id("new")) == "OK"
    config.write_text("[machines]\nnetworks = 127.0.0.1/30\n")
    host.process.send_signal(signal.SIGHUP)
    host.wait_for(lambda: "that is 127.0.0.0/30" in host.log())
    assert ask_once(host, FLOODER, machine_id("early 0"), 3) == "network-not-listed", "what was in force stays so"
    assert "restart-needed option=machines" not in host.log()


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "10.0.0.0/33", "localhost", ","])
def test_networks_that_are_none_are_refused_at_their_line(host, tmp_path, networks):
    config = tmp_path / "avald.conf"
    config.write_text(f"[machines]\nabout = no\nnetworks = {networks}\n")
    said = host.avald("check-config", "--config", config, expect=2).stderr
    assert "line 3" in said and "networks: " in said


# What a flood costs


def defaults(host, tmp_path):
    """The options of [machines] as `avald check-config` shows them, without a file that says anything."""
    config = tmp_path / "empty.conf"
    config.write_text("")
    shown = host.avald("check-config", "--config", config).stdout
    return {key: int(value) for key, value in re.findall(r"^\[machines\] (new-\S+)\s*=?\s*(\d+)", shown, re.MULTILINE)}


def stuffed(host, name):
    """A request in which whatever a stranger may fill is full."""
    key = KEYS[machine_id(name)]
    digest = hashlib.sha256(name.encode()).digest()[:16]
    hardware = [(f"kindofdigest{chr(97 + number)}", digest) for number in range(8)]
    seen = empty_seen(host.secret_key())
    text = independent.request_text(key.verifier, host.secret_key().verifier, 1, written(None), seen, VENDOR, "studio", "pro",
                                    hardware=hardware)
    return key.sign(text + "".join(f"x-{letter} {'x' * 123}\n" for letter in "abcdefgh"))


def grown(host, requests):
    """Bytes of the database for each of these machines, when all is in its place."""
    database = host.data / "avald.db"
    before = database.stat().st_size
    host.start(*rates(OFF))
    connection = connect(host, FLOODER)
    for note in requests:
        connection.request("POST", "/v1/activate", body=note.encode())
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    connection.close()
    host.stop()
    return (database.stat().st_size - before) / len(requests)


def test_the_database_grows_by_no_more_than_the_manual_says(large, tmp_path):
    """docs/operate.md, of the defaults: rows, and rows times what was measured here."""
    manual = " ".join((ROOT / "docs/operate.md").read_text().split())
    said = re.search(r"takes (\d+) KiB of the database .* and (\d+) KiB at most", manual)
    usual, most = (int(kib) * 1024 for kib in said.groups())
    large.start()  # which makes the database
    large.stop()
    count = 600
    plain = grown(large, [large.request(machine_id(f"plain {number}")) for number in range(count)])
    full = grown(large, [stuffed(large, f"stuffed {number}") for number in range(count)])
    assert plain < usual and full < most, (plain, full)
    limits = defaults(large, tmp_path)
    for who, name in (("from one address", ""), ("from all together", "-total")):
        at_once, per_hour = limits[f"new-at-once{name}"], limits[f"new-per-hour{name}"]
        cells = re.search(rf"\| {who} \| ([^|]+) \| ([^|]+) \| ([^|]+) \|", manual).groups()
        for cell, rows_then in zip(cells, (at_once, per_hour, at_once + 24 * per_hour)):
            mib = -(-rows_then * most // (1 << 20))
            assert cell.startswith(f"{rows_then:,} rows, {mib:,} MiB"), (cell, rows_then, mib)


def constant(file, name):
    return int(re.search(rf"\b{name} = (\d+)", (ROOT / "src/host/engine/rates" / file).read_text())[1])


def test_the_manual_says_what_the_log_has_at_most():
    manual = " ".join((ROOT / "docs/operate.md").read_text().split())
    at_once, per_hour = constant("traces.h", "TRACES_AT_ONCE"), constant("traces.h", "TRACES_PER_HOUR")
    kinds = constant("rates.h", "RATES_KINDS")
    places = constant("rates.h", "RATES_WAYS") * constant("rates.h", "RATES_SETS")
    beyond, beyond_per_hour = constant("traces.h", "TRACES_BEYOND_AT_ONCE"), constant("traces.h", "TRACES_BEYOND_PER_HOUR")
    assert at_once == TOLD
    assert f"they have {at_once} denials at once and {per_hour} an hour, and the first of each kind (up to {kinds})" in manual
    assert f"and leases given again | {at_once + kinds} | {per_hour} |" in manual
    assert f"pushes {at_once + kinds} of others out at once, and {per_hour} an hour" in manual
    assert f"more than {places:,} machines" in manual
    assert f"have {beyond:,} lines at once and {beyond_per_hour:,} an hour together" in manual


# The honest one who is turned away


def test_the_person_at_a_machine_that_is_turned_away_reads_why_and_what_to_do(host, desk, build, run, tmp_path):
    host.start("--machines-networks", "10.0.0.0/8")
    outside, late = (Machine(build, run, tmp_path / name, desk, host) for name in ("outside", "late"))
    said = outside.activate(expect=17)
    assert "network-not-listed" in said.stderr + said.stdout and "the operator adds it" in said.stderr + said.stdout
    host.stop()
    host.start(*rates(1, per_hour=1))
    outside.activate()
    said = late.activate(expect=18)
    assert "too-many-new" in said.stderr + said.stdout and "takes 1 new machines at once" in said.stderr + said.stdout
    assert "raises new-at-once" in late.aval("status").stdout


def test_a_machine_with_the_site_key_is_not_held_to_the_rates_and_one_with_another_key_is(host, desk, build, run, tmp_path):
    host.start(*rates(1, 3))
    host.avald("site-key", "new")
    assert flood(host, 3, "127.0.0.1") == {"OK": 1, "too-many-new": 2}
    own, stranger = (Machine(build, run, tmp_path / name, desk, host) for name in ("own", "stranger"))
    own.aval("site-key", "set", host.data / "site-key")
    (tmp_path / "wrong-key").write_text(f"aval site-key v1\nkey {independent.to_base64(bytes(range(32)))}\n")
    (tmp_path / "wrong-key").chmod(0o600)
    stranger.aval("site-key", "set", tmp_path / "wrong-key")
    stranger.activate(expect=18)
    own.activate()
    assert flood(host, 1, "127.0.0.2", "another") == {"OK": 1}, "it took nothing of the rate of all"
    assert license_of(host)["count"] == 3
