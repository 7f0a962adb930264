"""How long the long proofs are: short in every run of the tests, full with MARTLET_PROOFS=full."""

import os
import resource

FULL = os.environ.get("MARTLET_PROOFS") == "full"


def sized(full, short):
    return full if FULL else short


def raise_descriptor_limit(wanted):
    """Lets this process, and what it starts, open as many descriptors as the machine allows it to."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard == resource.RLIM_INFINITY or hard >= wanted
