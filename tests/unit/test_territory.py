"""Parts of France have codes of their own."""

import pytest

from colisync.model.territory import territory


@pytest.mark.parametrize(
    ("country", "postcode", "wanted"),
    [
        ("FR", "75015", "FR"), ("FR", "97110", "GP"), ("FR", "97200", "MQ"), ("FR", "97300", "GF"),
        ("FR", "97 400", "RE"), ("FR", "97500", "PM"), ("FR", "97600", "YT"), ("FR", "97700", "BL"),
        ("FR", "97133", "BL"), ("FR", "97150", "MF"), ("FR", "97800", "MF"), ("FR", "98000", "MC"),
        ("FR", "98600", "WF"), ("FR", "98713", "PF"), ("FR", "98800", "NC"), ("FR", "98400", "TF"),
        ("RE", "97400", "RE"), ("fr", "69003", "FR"), ("France", "69003", ""), ("FR", "974", "FR"),
        ("ES", "97110", "ES"),
    ],
)  # fmt: skip
def test_overseas(country: str, postcode: str, wanted: str) -> None:
    assert territory(country, postcode) == wanted
