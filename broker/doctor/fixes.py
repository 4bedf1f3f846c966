"""What an operator does about a store that lets requests through which it must refuse."""

_SILO = (
    "No release of minio/minio mends this ({}): run its maintained fork, pgsty/silo "
    "RELEASE.2026-09-16T00-00-00Z or newer, as docker-compose.yml does."
)

# by the word with which the store's Server header begins; `` is any other store
_UNSIGNED_HEADERS = {
    "minio": _SILO.format("SN-2026-011"),
    "rustfs": "Update RustFS to a release with its changes 7425 and 7796.",
    "seaweedfs": "Update SeaweedFS to a release with its change 9121 (April 2026); 4.48 has it.",
    "s3proxy": "Update S3Proxy to 4.1.1 or newer.",
    "ceph": "Update Ceph to a release that mends CVE-2026-54330.",
    "": "Update the store to a release that refuses x-amz-* headers which X-Amz-SignedHeaders does not name.",
}
_FIXES = {
    "signature": {
        "": "It is no store for real data: use one that verifies signatures, and close the bucket."
    },
    "signed-length": {"": "Use a release of the store that verifies a signed Content-Length; MinIO does."},
    "signed-type": {"": "Use a release of the store that verifies every signed header; MinIO does."},
    "signed-checksum": {
        "": "Use a release of the store that compares x-amz-checksum-* with the body; MinIO does."
    },
    "no-overwrite": {
        "": "Use a release of the store that honours If-None-Match: * on PUT; Amazon S3 does since 2024."
    },
    "copy-source": _UNSIGNED_HEADERS,
    "copy-source-part": _UNSIGNED_HEADERS,
    "unsigned-headers": _UNSIGNED_HEADERS,
    "unsigned-trailer": {
        "minio": _SILO.format("CVE-2026-41145"),
        "": "Update the store to a release that mends its own form of CVE-2026-41145.",
    },
}


def fix_for(probe: str, server: str) -> str:
    """Say how to close the hole that the probe found in a store with this Server header.

    >>> fix_for("copy-source", "S3Proxy/4.0")
    'Update S3Proxy to 4.1.1 or newer.'
    """
    return next(fix for name, fix in _FIXES[probe].items() if server.lower().startswith(name))
