"""A host that believes whatever a request says. The attacks of strangers work on it, which shows that they would be seen
to work on the real one.
"""

import independent
from dishonest import DishonestHost
from world import field


def denial(code, leaf=b""):
    head = f"aval denial v1\ncode {code}\nmessage No.\nretry-after 2h\n"
    return head.encode() + (b"\n" + leaf if leaf else b"")


def hardware_of(request):
    return tuple(line for line in request.splitlines() if line.startswith("hardware "))


class CredulousHost(DishonestHost):
    """Takes a machine for whom its request names, or for what hardware it describes; looks at no signature.

    numbers   whether a number that was used is refused
    """

    def __init__(self, world, desk, seats=1, numbers=False, **kwargs):
        self.seats, self.numbers, self.holders, self.last = seats, numbers, {}, {}
        super().__init__(world, desk, seats=seats, **kwargs)

    def identify(self, request):
        machine, hardware = field(request, "machine-key").split("+")[0], hardware_of(request)
        for held, described in self.holders.items():
            if held == machine or (hardware and described == hardware):
                return held
        return machine

    def used(self, machine, request):
        return self.numbers and int(field(request, "number")) <= self.last.get(machine, (0, b""))[0]

    def activate(self, request):
        machine = self.identify(request)
        if self.used(machine, request):
            return 409, denial("number-used", self.last[machine][1])
        if machine not in self.holders and len(self.holders) >= self.seats:
            return 409, denial("no-seats")
        self.holders[machine] = hardware_of(request)
        answer = self.answer(request)
        self.last[machine] = int(field(request, "number")), self.leaves[-1]
        return 200, answer

    def give_back(self, request):
        machine = field(request, "machine-key").split("+")[0]
        if self.used(machine, request):
            return 409, denial("number-used", self.last[machine][1])
        if self.holders.pop(machine, None) is None:
            return 404, denial("release-nothing")
        answer = self.release(request)
        self.last[machine] = int(field(request, "number")), self.leaves[-1]
        return 200, answer

    def reply(self, method, path, body):
        if path == "/v1/activate":
            return self.activate(body.decode())
        if path == "/v1/release":
            return self.give_back(body.decode())
        return super().reply(method, path, body)

    @property
    def verifier(self) -> independent.VerifierKey:
        return self.key.verifier
