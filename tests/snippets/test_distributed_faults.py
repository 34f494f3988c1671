"""When ranks fail, a run ends in bounded time with the message on the page."""

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from render.pages import CODE, LANGUAGES, read_site, tables
from tests.busy import patient
from tests.forked import TORCHRUN
from tests.snippets.fault_messages import MESSAGES, SECONDS, printed
from verify.environ import environment
from verify.fork.client import Server

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("faulty_ranks.py")
LONG = round(patient(60))  # a timeout in seconds that no run should reach
TOGETHER, RANKS = 4, 3  # runs at once, and the most ranks of a run
RELEASE = tuple(map(int, torch.__version__.split(".")[:2]))

# The fault of one or both ranks: the timeout of a collective in seconds, and messages
# that torchrun prints.
UNDER_TORCHRUN = {
    "raise": (LONG, ["raised"]),
    "exit": (LONG, ["exited"]),
    "kill": (LONG, ["killed"]),
    # 2.12.1 lists the ranks that torchrun ended, 2.8.0 does not.
    "hang": (SECONDS, ["waited", "ended by torchrun"][: 1 + (RELEASE >= (2, 12))]),
    "uneven": (SECONDS, ["waited"]),
    "join": (SECONDS, []),
    "skip": (SECONDS, ["waited"]),
    "skip, debug": (LONG, ["mismatch"]),
}
# Runs without torchrun: the rank numbers, the variables besides a valid MASTER_ADDR and
# a free MASTER_PORT, and for each process the messages of which it prints at least one.
ALONE = {
    "MASTER_ADDR is another machine": (
        [1],
        {"MASTER_ADDR": "no-such-host.invalid", "WORLD_SIZE": "2"},
        [["no answer"]],
    ),
    "nobody listens": ([1], {"WORLD_SIZE": "2"}, [["no answer"]]),
    "rank 1 does not come": ([0], {"WORLD_SIZE": "2"}, [["not all came"]]),
    "two of number 0": (
        [0, 0],
        {"WORLD_SIZE": "2"},
        [["not all came", "port taken"]] * 2,
    ),
    # Rank 0 runs the store. If it gives up first, the others lose their connection.
    "two of number 1": (
        [0, 1, 1],
        {"WORLD_SIZE": "3"},
        [["number twice"], *[["number twice", "host replaced, late"]] * 2],
    ),
    "port taken": ([0], {"WORLD_SIZE": "1"}, [["port taken"]]),
    "rank 1 is killed": (
        [0, 1],
        {"WORLD_SIZE": "2"},
        [["peer gone", "peer reset"], []],
    ),
    "no torchrun": ([None], {}, [["no torchrun"]]),
}


@contextlib.contextmanager
def port(listen=False):
    """Reserve a port for rank 0; if `listen`, rank 0 finds it taken."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("", 0))
        if listen:
            reserved.listen()
        yield str(reserved.getsockname()[1])


class Runs:
    """All runs, several at once, on one warm server that forks each process."""

    def __init__(self, server, pool, folder):
        self.server, self.folder = server, folder
        self.free = list(range(TOGETHER))
        jobs = {("torchrun", kind): self.torchrun for kind in UNDER_TORCHRUN}
        jobs |= {("alone", kind): self.alone for kind in ALONE}
        jobs["torchrun", "host missing"] = self.half
        self.futures = {
            key: pool.submit(self.in_slot, job, key[1]) for key, job in jobs.items()
        }

    def in_slot(self, job, kind):
        """Do a job with enough free slots of the server for its ranks."""
        slot = self.free.pop()
        try:
            return job(kind, slot * RANKS)
        finally:
            self.free.append(slot)

    def start(self, argv, slot, **variables):
        """Run one process in a slot of the server to its end."""
        env = environment() | {"TMPDIR": str(self.folder)} | variables
        limit = SECONDS + patient(40)
        return self.server.run(argv, self.folder, env, limit, slot=slot)

    def torchrun(self, kind, slot):
        """Run two ranks under torchrun."""
        fault, _, debug = kind.partition(", ")
        argv = ["--standalone", "--nproc-per-node=2", str(PROGRAM), fault]
        variables = {"TORCH_DISTRIBUTED_DEBUG": "DETAIL"} if debug else {}
        seconds = str(UNDER_TORCHRUN[kind][0])
        return self.start([*TORCHRUN, *argv, seconds], slot, **variables)

    def half(self, kind, slot):
        """Run torchrun on one of two hosts; the other never starts."""
        conf = f"join_timeout={SECONDS}"
        rendezvous = ["--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0"]
        argv = ["--nnodes=2", *rendezvous, f"--rdzv-conf={conf}", str(PROGRAM), "join"]
        return self.start([*TORCHRUN, *argv, str(SECONDS)], slot)

    def alone(self, kind, slot):
        """Run ranks without torchrun, with the variables that torchrun would set."""
        numbers, variables, _ = ALONE[kind]
        fault = "kill" if kind == "rank 1 is killed" else "none"
        seconds = LONG if fault == "kill" else SECONDS
        with (
            port(listen=kind == "port taken") as free,
            ThreadPoolExecutor(RANKS) as pool,
        ):
            where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free} | variables
            runs = [
                pool.submit(
                    self.start,
                    [str(PROGRAM), fault, str(seconds)],
                    slot + k,
                    **({} if number is None else where | {"RANK": str(number)}),
                )
                for k, number in enumerate(numbers)
            ]
            return [run.result() for run in runs]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All runs, which start with the first test that uses one."""
    with (
        Server(slots=TOGETHER * RANKS) as server,
        ThreadPoolExecutor(TOGETHER) as pool,
    ):
        yield Runs(server, pool, tmp_path_factory.mktemp("faults"))


def ended(run):
    """Assert that a run ended by itself and left no process behind."""
    assert run.killed is None, run.err
    assert run.left == ()


@pytest.mark.parametrize("kind", UNDER_TORCHRUN)
def test_torchrun_says_what_happened(kind, runs):
    run = runs.futures["torchrun", kind].result()
    ended(run)
    names = UNDER_TORCHRUN[kind][1]
    for name in names:
        assert printed(name) in run.err
    assert run.code == (1 if names else 0), run.err


def test_torchrun_gives_up_waiting_for_a_host(runs):
    run = runs.futures["torchrun", "host missing"].result()
    ended(run)
    assert run.code == 1
    assert MESSAGES["host missing"] in run.err


@pytest.mark.parametrize("kind", ALONE)
def test_a_rank_says_what_happened(kind, runs):
    if kind == "two of number 1" and RELEASE < (2, 8):
        pytest.skip("needs torch>=2.8: 2.4.1 and at times 2.6.0 say something else")
    for run, choice in zip(
        runs.futures["alone", kind].result(), ALONE[kind][2], strict=True
    ):
        ended(run)
        if choice:
            assert run.code == 1
            assert any(printed(name) in run.err for name in choice), run.err


def test_of_two_with_number_0_one_finds_the_port_taken(runs):
    found = [
        name
        for run in runs.futures["alone", "two of number 0"].result()
        for name in ("not all came", "port taken")
        if printed(name) in run.err
    ]
    assert sorted(found) == ["not all came", "port taken"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_quotes_these_messages(language):
    page = read_site(ROOT, language).pages["distributed/launch.md"]
    (section,) = (section for section in page.sections if section.id == "faults")
    quoted = [
        match["code"]
        for table in tables(section.lines)
        for _, row in table.rows
        for match in CODE.finditer(row[0])
    ]
    assert sorted(quoted) == sorted(MESSAGES.values())
