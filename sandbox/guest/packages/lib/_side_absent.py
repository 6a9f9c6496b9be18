"""Packages that programs import and that are not here. Most that name scipy at their top use nothing
of it, and are right. So such an import is put off, as PEP 810 has it, and fails when something is
used that it has bound. One whose failure the program sees to fails at once."""

import dis, sys
from importlib.machinery import ModuleSpec

PUT_OFF = "scipy"
IMPORT, STAR = dis.opmap["IMPORT_NAME"], bytes((dis.opmap["CALL_INTRINSIC_1"], dis._intrinsic_1_descs.index("INTRINSIC_IMPORT_STAR")))
LIBRARY = "/lib/python", "<frozen importlib."  # how names of its files begin
ANY_USE = """call eq ne lt le gt ge bool len iter next contains getitem setitem delitem add radd sub rsub mul rmul matmul rmatmul
truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor lshift rlshift rshift rrshift neg pos abs invert int float
complex index round enter aenter await aiter format mro_entries instancecheck subclasscheck"""


def missing(name):
    return ModuleNotFoundError(f"No module named {name!r}: not in the sandbox", name=name)


class Absent(type(sys)):
    """A module that is not here. Parts of it that were imported are its attributes."""

    __hash__ = object.__hash__

    def __getattr__(self, name):
        # The library looks at modules it knows nothing of, and takes this for an answer.
        if name.startswith("__") or sys._getframe(1).f_code.co_filename.startswith(LIBRARY):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        raise missing(self.__name__)


def fails(self, *args, **kwargs):
    raise missing(self.__name__)


for name in ANY_USE.split():
    setattr(Absent, f"__{name}__", fails)


def nobody_sees():
    """Whether the import is a statement at the top of a program's text, outside of any try or with, and
    of no *, which asks at once what there is."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(LIBRARY[1]):
        frame = frame.f_back
    code, at = frame.f_code, frame.f_lasti
    if code.co_name != "<module>" or code.co_filename.startswith(LIBRARY) or code.co_code[at] != IMPORT or code.co_code[at + 2 : at + 4] == STAR:
        return False
    while frame:
        code, at = frame.f_code, frame.f_lasti
        if not code.co_filename.startswith(LIBRARY) and any(e.start <= at < e.end for e in dis._parse_exception_table(code)):
            return False
        frame = frame.f_back
    return True


class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in PUT_OFF.split() and nobody_sees():
            return ModuleSpec(name, cls, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return Absent(spec.name)

    @staticmethod
    def exec_module(module):
        pass
