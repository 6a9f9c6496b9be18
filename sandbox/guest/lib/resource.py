"""What programs on standard input ask of resource: to be allowed more stack, and
how long they have run. Limits are remembered and mean nothing."""

import time as _time
from collections import namedtuple as _namedtuple

error = OSError
RLIM_INFINITY = -1
RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE = range(8)
RLIMIT_MEMLOCK, RLIMIT_AS = 8, 9
RLIMIT_OFILE = RLIMIT_NOFILE
RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD = 0, -1, 1

_limits = {n: (RLIM_INFINITY, RLIM_INFINITY) for n in range(RLIMIT_AS + 1)}
_limits[RLIMIT_STACK] = (8 << 20, RLIM_INFINITY)
_limits[RLIMIT_NOFILE] = (256, 256)

struct_rusage = _namedtuple(
    "struct_rusage",
    "ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock"
    " ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw",
)


def _known(resource):
    if resource not in _limits:
        raise ValueError("invalid resource specified")


def getrlimit(resource):
    _known(resource)
    return _limits[resource]


def setrlimit(resource, limits):
    _known(resource)
    soft, hard = map(int, limits)
    if hard != RLIM_INFINITY and (soft == RLIM_INFINITY or soft > hard):
        raise ValueError("current limit exceeds maximum limit")
    _limits[resource] = soft, hard


def prlimit(pid, resource, limits=None):
    old = getrlimit(resource)
    if limits is not None:
        setrlimit(resource, limits)
    return old


def getrusage(who):
    if who not in (RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD):
        raise ValueError("invalid who parameter")
    used = 0.0 if who == RUSAGE_CHILDREN else _time.process_time()
    return struct_rusage(used, 0.0, 10240, *[0] * 13)


def getpagesize():
    return 4096
