"""Issue short-lived presigned requests, so that files travel directly between client and object store."""

__version__ = "0.1.0"
