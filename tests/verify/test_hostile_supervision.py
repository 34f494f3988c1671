"""Test the runner with files that attack its supervisor processes.

The runner answers in time and leaves no process behind. After each attack, a good file
runs in every slot. If an attack could affect other slots, good files run in them at the
same time.
"""

import os
import signal
import textwrap
import threading
import time
from pathlib import Path

import pytest

from verify.fork import client, processes
from verify.fork.client import Server
from verify.fork.keeper import TOKEN
from verify.fork.protocol import pack

GOOD = """
import os, resource, sys

limits = [kind for kind in vars(resource) if kind.startswith("RLIMIT_")]
print([resource.getrlimit(getattr(resource, kind)) for kind in sorted(limits)])
print(os.nice(0), os.sched_getaffinity(0), os.getcwd(), sys.argv)
"""
# The first lines of every hostile file.
HELPERS = """
import ctypes, os, resource, signal, socket, subprocess, sys, time

SLOT = os.getppid()
fields = open(f"/proc/{SLOT}/stat").read().rpartition(")")[2].split()
KEEPER = int(fields[1])


def listens():
    # The addresses of all slots, found as any process can. Not those of other servers
    # on this machine, which may be at work.
    own = f"/proc/{KEEPER}/fd"
    links = (os.readlink(f"{own}/{fd}") for fd in os.listdir(own))
    inodes = {link.strip("socket:[]") for link in links}
    for line in open("/proc/net/unix"):
        words = line.split()
        if words[6] in inodes and words[-1].endswith("/socket"):
            yield words[-1]


def steal():
    # The slot's own sockets.
    handle = os.pidfd_open(SLOT)
    for fd in map(int, os.listdir(f"/proc/{SLOT}/fd")):
        if os.readlink(f"/proc/{SLOT}/fd/{fd}").startswith("socket:"):
            got = ctypes.CDLL(None).syscall(438, handle, fd, 0)
            stolen = socket.socket(fileno=got)
            try:
                stolen.getpeername()
            except OSError:
                stolen.detach()
                continue
            yield stolen
"""


@pytest.fixture(scope="module", params=["warm", "cold"])
def server(request, small_torch):
    """Yield a server with three slots; its `good` is the output of the good file."""
    env = {**os.environ, "PYTHONPATH": small_torch}
    with Server(cold=request.param == "cold", slots=3, env=env) as server:
        server.good = server.run(["-c", GOOD], "/").out
        assert server.good
        yield server


@pytest.fixture
def run(server, tmp_path):
    """Return a function that runs a hostile file and returns the result.

    It then checks that no process is left, and that a good file runs in every slot.
    """

    def run(text, slot=0, timeout=60.0):
        path = tmp_path / "hostile.py"
        path.write_text(HELPERS + textwrap.dedent(text))
        token = server._keeper.token
        start = time.monotonic()
        result = server.run([str(path)], tmp_path, timeout=timeout, slot=slot)
        # A generous limit, to prove only that the server doesn't wait forever.
        assert time.monotonic() - start < timeout + 120
        after = in_all_slots(
            server, lambda slot: server.run(["-c", GOOD], "/", slot=slot)
        )
        assert [(r.code, r.out, r.err, r.lost) for r in after] == [
            (0, server.good, "", False)
        ] * 3
        own = {server.pid, *map(server._keeper.pid, range(3))}
        assert processes.having(TOKEN, token) <= own
        return result

    return run


def in_all_slots(server, function):
    """Call a function for all slots at the same time and return its results."""
    results = [None] * 3

    def call(slot):
        results[slot] = function(slot)

    threads = [threading.Thread(target=call, args=(slot,)) for slot in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# Hostile files, each with the reason that the server gives for losing its supervisor.
LOST = {
    "stops the slot": (
        "print(1, flush=True)\nos.kill(SLOT, signal.SIGSTOP)\ntime.sleep(900)",
        client.STOPPED,
    ),
    "stops the slot and ends": (
        "print(1, flush=True)\nos.kill(SLOT, signal.SIGSTOP)",
        client.STOPPED,
    ),
    "has a child that stops the slot again and again": (
        """
        print(1, flush=True)
        if not os.fork():
            os.setsid()
            while True:
                os.kill(SLOT, signal.SIGSTOP)
        time.sleep(900)
        """,
        client.STOPPED,
    ),
    "stops keeper and slot": (
        """
        print(1, flush=True)
        os.kill(KEEPER, signal.SIGSTOP)
        os.kill(SLOT, signal.SIGSTOP)
        time.sleep(9)
        """,
        client.STOPPED,
    ),
    "stops the keeper and kills the slot": (
        """
        print(1, flush=True)
        os.kill(KEEPER, signal.SIGSTOP)
        os.kill(SLOT, signal.SIGKILL)
        time.sleep(9)
        """,
        client.KILLED,
    ),
    "kills the slot": (
        "print(1, flush=True)\nos.kill(SLOT, signal.SIGKILL)\ntime.sleep(900)",
        client.KILLED,
    ),
    "kills whoever is its parent": (
        """
        print(1, flush=True)
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # not to die with the slot
        while os.getppid() != 1:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(0.01)
        time.sleep(900)
        """,
        client.KILLED,
    ),
    "leaves daemons and kills the keeper": (
        """
        print(1, flush=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
                time.sleep(900)
                os._exit(0)
            os._exit(0)
        subprocess.Popen(["sleep", "900"], start_new_session=True)
        time.sleep(0.5)
        os.kill(KEEPER, signal.SIGKILL)
        time.sleep(900)
        """,
        client.KILLED,
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_a_file_that_stops_or_kills_what_watches_over_it(run, what):
    text, killed = LOST[what]
    result = run(text)
    assert (result.killed, result.lost, result.out) == (killed, True, "1\n")
    if "slot" in what and what != "stops the slot and ends":
        assert result.code is None


def test_stopping_its_keeper(run):
    result = run("os.kill(KEEPER, signal.SIGSTOP)\nprint(1)\n")
    assert (result.code, result.out, result.killed, result.lost) == (
        0,
        "1\n",
        None,
        False,
    )


def test_a_stopped_keeper_ends_with_its_server():
    with Server(cold=True) as server:
        os.kill(server.pid, signal.SIGSTOP)
        token = server._keeper.token
    assert not processes.having(TOKEN, token)


@pytest.mark.parametrize("words", ["", "b'gar'", "(3).to_bytes(4, 'big') + b'x'"])
def test_silent_connections_to_its_slot(run, words):
    text = f"""
    connections = []
    for address in listens():
        for _ in range(5):
            connections.append(socket.socket(socket.AF_UNIX))
            connections[-1].connect(address)
            connections[-1].send({words or "b''"})
    print(len(connections) >= 15)
    """
    result = run(text)
    assert (result.code, result.out, result.lost) == (0, "True\n", False)


def test_silent_connections_that_stay_open(run):
    text = """
    connections = []
    for address in listens():
        connections.append(socket.socket(socket.AF_UNIX))
        connections[-1].connect(address)
    print(1, flush=True)
    time.sleep(900)
    """
    result = run(text, timeout=2)
    assert (result.code, result.killed) == (-signal.SIGKILL, "ran longer than 2 s")
    assert not result.lost


def test_more_connections_than_a_process_can_have(run):
    text = """
    resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000))
    connections = []
    for address in listens():
        for _ in range(1000):
            connections.append(socket.socket(socket.AF_UNIX))
            connections[-1].settimeout(1)
            try:
                connections[-1].connect(address)
            except OSError:
                break
    print(1)
    """
    result = run(text)
    assert (result.code, result.out) == (0, "1\n")


@pytest.mark.parametrize(
    "request_", [{"session": True}, {"session": False}, {"grace": 1e9}, {"targets": 7}]
)
def test_requests_of_its_own(run, request_):
    body = pack(request_)
    text = f"""
    body = {body!r}
    for address in listens():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        connection.send(len(body).to_bytes(4, "big") + body)
    time.sleep(0.2)
    print(1)
    """
    result = run(text)
    assert (result.code, result.out) == (0, "1\n")


GARBLED = {
    "words": b"garbage that is no answer",
    "nothing": b"\0\0\0\0",
    "too-long": b"\xff\xff\xff\xff",
    "another-type": b"\0\0\0\x05i\1\0\0\0",
    "no-end": len(pack({"x": 1})).to_bytes(4, "big") + pack({"x": 1}),
    "empty": len(pack({})).to_bytes(4, "big") + pack({}),
}
for name, code in {
    "text": "a",
    "none": None,
    "signal": -1000,
    "endless": 1e400,
}.items():
    body = pack({"code": code, "cpu_s": 0.0, "peak_kb": 0})
    GARBLED[f"code-{name}"] = len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("name", GARBLED)
def test_garbage_as_the_answer(run, name):
    result = run(
        f"for s in steal():\n    s.sendall({GARBLED[name]!r})\ntime.sleep(900)"
    )
    assert (result.killed, result.lost) == (client.GARBLED, True)


def test_half_an_answer_then_silence(run):
    text = """
    for stolen in steal():
        stolen.sendall(b"\\0\\0\\1")
    print(1)
    """
    result = run(text)
    assert result.lost
    assert result.killed in (client.GARBLED, client.KILLED, client.SILENCED)


def test_half_an_answer_from_a_file_that_hangs(run, monkeypatch):
    monkeypatch.setattr(client, "KILL", 1.0)
    text = """
    for stolen in steal():
        stolen.sendall(b"\\0\\0\\1")
    time.sleep(900)
    """
    result = run(text, timeout=1)
    assert result.killed == "ran longer than 1 s"
    assert result.lost


def test_an_answer_for_a_file_that_still_runs(run):
    end, left = pack({"code": 0, "cpu_s": 0.0, "peak_kb": 1}), pack({"left": []})
    answer = b"".join(len(body).to_bytes(4, "big") + body for body in (end, left))
    result = run(f"for s in steal():\n    s.sendall({answer!r})\ntime.sleep(900)")
    assert (result.killed, result.lost) == (client.GARBLED, True)


def test_a_stolen_connection_that_is_shut_down(run):
    result = run("for s in steal():\n    s.shutdown(socket.SHUT_RDWR)\ntime.sleep(900)")
    assert result.lost
    assert result.killed == client.KILLED


def test_deleting_the_folder_of_the_server(server, run):
    text = """
    import shutil

    shutil.rmtree(os.path.dirname(os.environ["PYTHON_EXEC"]))
    print(1)
    """
    result = run(text)
    if server.cold:  # a cold server doesn't set PYTHON_EXEC
        assert "KeyError" in result.err
    else:
        assert (result.out, result.killed, result.lost) == (
            "1\n",
            client.DELETED,
            False,
        )


def test_the_environment_names_no_other_slot(server, run):
    first, second = in_all_slots(
        server,
        lambda slot: (
            server.run(
                ["-c", "import os; print(os.environ.get('PYTHON_EXEC', '-'))"],
                "/",
                slot=slot,
            ).out
        ),
    )[:2]
    if not server.cold:
        assert Path(first).parent != Path(second).parent
        assert Path(first).parent.parent == Path(second).parent.parent
    result = run("print([n for n in os.environ.values() if 'verify-slot' in n])")
    assert result.out.count("verify-slot") <= 1


def with_two_innocents(server, tmp_path, text):
    """Run a hostile file in slot 0 and slower good files in the other two slots."""
    path = tmp_path / "hostile.py"
    path.write_text(HELPERS + textwrap.dedent(text))
    slow = "import time; time.sleep(2); print('good')"

    def start(slot):
        if slot:
            return server.run(["-c", slow], "/", slot=slot)
        return server.run([str(path)], tmp_path)

    return in_all_slots(server, start)


def test_killing_the_keeper_while_other_slots_run(server, run, tmp_path):
    text = "time.sleep(1)\nos.kill(KEEPER, signal.SIGKILL)\ntime.sleep(900)\n"
    token = server._keeper.token
    results = with_two_innocents(server, tmp_path, text)
    assert [(r.killed, r.lost) for r in results] == [(client.KILLED, True)] * 3
    assert not processes.having(TOKEN, token)
    again = run("print(1)")
    assert (again.code, again.out) == (0, "1\n")


REPLACED = """
for name in ("_exit", "kill", "fork", "wait4", "waitpid", "killpg", "getpid", "close"):
    setattr(os, name, lambda *_: None)
signal.signal = signal.set_wakeup_fd = lambda *_: None
time.sleep(1)
print(1)
"""


def test_functions_of_os_replaced_while_other_slots_run(server, run, tmp_path):
    results = with_two_innocents(server, tmp_path, REPLACED)
    assert [(r.code, r.out, r.killed, r.lost) for r in results] == [
        (0, "1\n", None, False),
        (0, "good\n", None, False),
        (0, "good\n", None, False),
    ]
    run("os._exit = lambda code: None\nraise KeyboardInterrupt\n")


CHANGES = {
    "address-space": "resource.prlimit(PID, resource.RLIMIT_AS, (64 << 20, 64 << 20))",
    "processor-time": "resource.prlimit(PID, resource.RLIMIT_CPU, (1, 1))",
    "open-files": "resource.prlimit(PID, resource.RLIMIT_NOFILE, (3, 3))",
    "processes": "resource.prlimit(PID, resource.RLIMIT_NPROC, (1, 1))",
    "soft-limit": "resource.prlimit(PID, resource.RLIMIT_CORE, (0, 1 << 20))",
    "file-size": "resource.prlimit(PID, resource.RLIMIT_FSIZE, (10, 10))",
    "priority": "os.setpriority(os.PRIO_PROCESS, PID, 7)",
    "affinity": "os.sched_setaffinity(PID, {min(os.sched_getaffinity(0))})",
    "scheduler": "os.sched_setscheduler(PID, os.SCHED_BATCH, os.sched_param(0))",
}


@pytest.mark.parametrize("whose", ["SLOT", "KEEPER"])
@pytest.mark.parametrize("name", CHANGES)
def test_changed_limits_do_not_reach_the_next_file(run, name, whose):
    if name == "affinity" and len(os.sched_getaffinity(0)) == 1:
        pytest.skip("needs two processors")
    result = run(f"{CHANGES[name].replace('PID', whose)}\nprint(1)\n")
    assert result.out == "1\n"
    assert (result.code == 0) or result.lost


def test_limits_of_other_slots(run):
    text = """
    for name in os.listdir("/proc"):
        if name.isdigit() and name != str(os.getpid()):
            try:
                stat = open(f"/proc/{name}/stat").read()
            except OSError:  # it has ended meanwhile
                continue
            if int(stat.rpartition(")")[2].split()[1]) == KEEPER:
                resource.prlimit(int(name), resource.RLIMIT_AS, (64 << 20, 64 << 20))
    print(1)
    """
    assert run(text).out == "1\n"


def test_what_was_forked_is_named_after_its_file(run, monkeypatch):
    monkeypatch.setattr(client, "GRACE", 0.5)
    text = """
    os.environ["PATH"] += ":/usr/bin"
    for _ in range(300):
        if not os.fork():
            time.sleep(900)
    for number in range(7):
        subprocess.Popen(["sleep", f"90{number}"])
    print(1)
    """
    # Without a fork, the command line already contains the name of the file.
    result = run(text)
    assert result.out == "1\n"
    assert len(result.left) <= 6
    assert "hostile.py" in result.left[0]
    assert result.left[0].endswith(", 300 times")
    assert result.left[1].startswith("sleep 90")
    assert result.left[-1] == "3 more processes" or len(result.left) == 6
    assert "server.py" not in " ".join(result.left)


def test_a_name_that_is_not_text(run, monkeypatch):
    monkeypatch.setattr(client, "GRACE", 0.5)
    text = """
    subprocess.Popen([b"\\xff\\n\\x1b[2J", "900"], executable="/bin/sleep")
    print(1)
    """
    (left,) = run(text).left
    assert "\ufffd" in left
