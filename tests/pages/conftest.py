"""The same site and browser as in tests/e2e; what is tested here minds no other test beside it."""

from tests.e2e.conftest import chromium, context, files, page, site

__all__ = ["chromium", "context", "files", "page", "site"]
