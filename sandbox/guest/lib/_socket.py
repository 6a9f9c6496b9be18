"""The part of _socket that importing socket and asyncio needs. There is no
network in the sandbox: making a socket or looking up a name says so."""

import errno

error = OSError
timeout = TimeoutError
has_ipv6 = False
AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6 = 0, 1, 2, 10
SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 1, 2, 3
SOL_SOCKET, SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_ERROR, SOMAXCONN = 1, 2, 9, 6, 4, 4096
IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, TCP_NODELAY, IPV6_V6ONLY = 0, 6, 17, 41, 1, 26
MSG_PEEK, MSG_DONTWAIT, MSG_TRUNC = 2, 64, 32
AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST, AI_ADDRCONFIG = 1, 2, 4, 32
EAI_NONAME, EAI_FAMILY = -2, -6
NI_NUMERICHOST, NI_NUMERICSERV = 1, 2
SHUT_RD, SHUT_WR, SHUT_RDWR = 0, 1, 2
INADDR_ANY, INADDR_LOOPBACK = 0, 0x7F000001


class gaierror(OSError):
    pass


class herror(OSError):
    pass


def _absent(*args, **kwargs):
    raise OSError(errno.ENOTSUP, "sockets are not in the sandbox")


class socket:
    __slots__ = ()

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        _absent()

    def close(self):
        pass

    accept = bind = connect = connect_ex = listen = recv = recvfrom = send = sendall = sendto = settimeout = setsockopt = _absent


SocketType = socket
socketpair = getaddrinfo = getnameinfo = gethostbyname = gethostbyname_ex = gethostbyaddr = dup = close = _absent


def gethostname():
    return "sandbox"


def getdefaulttimeout():
    return None


def setdefaulttimeout(timeout):
    pass


def htonl(x):
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def htons(x):
    return int.from_bytes(x.to_bytes(2, "little"), "big")


ntohl, ntohs = htonl, htons


def inet_aton(text):
    parts = text.split(".")
    if len(parts) != 4 or not all(p.isdigit() and int(p) < 256 for p in parts):
        raise OSError("illegal IP address string passed to inet_aton")
    return bytes(map(int, parts))


def inet_ntoa(packed):
    if len(packed) != 4:
        raise OSError("packed IP wrong length")
    return ".".join(map(str, packed))


def inet_pton(family, text):
    if family != AF_INET:
        _absent()
    return inet_aton(text)


def inet_ntop(family, packed):
    if family != AF_INET:
        _absent()
    return inet_ntoa(packed)
