"""A suite's test is not replaced in silence."""

import pytest

from colisync.testing.contracts import Contract


class _Suite(Contract):
    def test_promise(self) -> None:
        raise AssertionError


def test_an_override_must_own_up() -> None:
    with pytest.raises(TypeError, match="test_promise"):
        type("Silent", (_Suite,), {"test_promise": lambda self: None})
    with pytest.raises(TypeError, match="test_promise"):
        type("Removed", (_Suite,), {"test_promise": None})


def test_an_override_with_a_reason_and_a_new_test_are_let_through() -> None:
    @pytest.mark.xfail(reason="the remote cannot")
    def owns_up(self: object) -> None: ...

    @pytest.mark.xfail
    def no_reason(self: object) -> None: ...

    type("Honest", (_Suite,), {"test_promise": owns_up, "test_more": lambda self: None})
    with pytest.raises(TypeError):
        type("Vague", (_Suite,), {"test_promise": no_reason})
