"""The messages that ranks, hosts and torchrun print on failures.

The page distributed/launch quotes them, and the tests check that runs print them.
"""

from tests.busy import patient

# Seconds until a timeout in the tests of timeouts: enough for the other ranks to join.
SECONDS = round(patient(3))

MESSAGES = {
    "raised": "[rank1]: ValueError: no such class: 10",
    "exited": "exitcode  : 3",
    "killed": "Signal 9 (SIGKILL) received by PID",
    "peer gone": "Connection closed by peer",
    "peer reset": "Connection reset by peer",
    "waited": "Timed out waiting 3000ms for",
    "gave up": "Connection timed out",
    "ended by torchrun": "Signal 15 (SIGTERM) received by PID",
    "mismatch": "Detected mismatch between collectives on ranks",
    "no torchrun": "environment variable RANK expected, but not set",
    "no answer": "The client socket has timed out after",
    "not all came": "1/2 clients joined",
    "port taken": "EADDRINUSE",
    "number twice": "keys: /default_pg/0//cpu//0/2",
    "host missing": "RendezvousTimeoutError",
    "no store": "The connection to the C10d store has failed",
    "host replaced": "keys: /torch.rendezvous.job.1/MASTER_ADDR",
    "host replaced, late": "Failed to recv, got 0 bytes",
}


def printed(name: str) -> str:
    """Return a message as the tests see it, with their timeout instead of 3 seconds."""
    return MESSAGES[name].replace("3000ms", f"{SECONDS}000ms")
