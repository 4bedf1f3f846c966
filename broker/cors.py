"""What the store has to allow pages of our origins: the rule that is set up, and that the doctor checks."""

METHODS = ("GET", "HEAD", "PUT")
REQUEST_HEADERS = (  # all that a presigned request may carry besides what needs no permission
    "content-type",
    "if-none-match",
    "range",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha256",
)
RESPONSE_HEADERS = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Length",
    "Content-Range",
    "ETag",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha256",
)
MAX_AGE = 3600  # seconds for which a browser may remember the answer
