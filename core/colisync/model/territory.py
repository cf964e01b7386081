"""Which place a postcode means: parts of France have ISO codes of their own."""

import re

_BY_POSTCODE = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL",
    "978": "MF", "980": "MC", "984": "TF", "986": "WF", "987": "PF", "988": "NC",
    "97133": "BL", "97150": "MF",
}  # fmt: skip
_COUNTRY = re.compile(r"[A-Z]{2}")


def territory(country: str, postcode: str) -> str:
    """The ISO code of the place: buyers pick France with an overseas postcode too.

    Empty where the shop's country is not two letters.
    """
    country = country.strip().upper()
    if country != "FR":
        return country if _COUNTRY.fullmatch(country) else ""
    if "9" not in postcode:
        return country
    digits = "".join(postcode.split())
    if len(digits) != 5 or not digits.startswith(("97", "98")):
        return country
    return _BY_POSTCODE.get(digits) or _BY_POSTCODE.get(digits[:3], country)
