"""The suites that every backend inherits. A suite's test is not replaced in silence."""

from typing import Any


class Contract:
    """Base of every suite: a subclass that overrides a test must mark it `xfail(reason=…)`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, test in vars(cls).items():
            inherited = any(name in vars(base) for base in cls.__mro__[1:])
            if name.startswith("test") and inherited and not _owns_up(test):
                raise TypeError(
                    f"{cls.__name__}.{name} overrides its suite without xfail(reason=…)"
                )


def _owns_up(test: object) -> bool:
    marks = getattr(test, "pytestmark", [])
    return any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)
