"""Fails where a file given on the command line holds something that looks like a real secret."""

import re
import sys
from pathlib import Path

_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "WooCommerce keys": re.compile(r"\b[cC][kKsS]_(?!REDACTED)(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{40}\b"),
    "a token in a URL": re.compile(r"https?://[^\s/:@]+:[^\s/@]{8,}@"),
    "a Shopify token": re.compile(r"\bshp(?:at|ss|ca)_[0-9a-f]{32}\b"),
}
_INVENTED = re.compile(r"sandbox|example|invented", re.IGNORECASE)


def main(names: list[str]) -> int:
    """1 where something was found; each finding is printed with its file and line."""
    found = 0
    for name in names:
        text = Path(name).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in _PATTERNS.items():
                if pattern.search(line) and not _INVENTED.search(line):
                    print(f"{name}:{number}: looks like {what}")
                    found = 1
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
