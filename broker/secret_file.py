"""Secrets that a machine makes for itself and keeps."""

import secrets
from pathlib import Path


def read_or_make(path: Path) -> str:
    """Return the 64 hexadecimal digits in the file, which is made when it is missing, for its owner alone."""
    if not path.exists():
        draft = path.with_suffix(".new")  # a crash leaves no half of a secret behind
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.rename(path)
    return path.read_text()
