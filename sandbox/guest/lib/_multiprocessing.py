"""What multiprocessing imports. Without it the library words it as a fault of the platform."""

import errno


class SemLock:
    SEM_VALUE_MAX = 2**31 - 1

    def __init__(self, *args, **kwargs):
        raise OSError(errno.ENOTSUP, "processes are not in the sandbox")


def sem_unlink(name):
    raise OSError(errno.ENOTSUP, "processes are not in the sandbox")
