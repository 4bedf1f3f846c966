"""What may be uploaded, and how a file is handed out. Pure.

`check` asks the rules until one refuses, `explain` asks them all: the same ones, so the two cannot disagree.
"""

import re
from collections.abc import Mapping

from msgspec import structs

from broker import keys
from broker.auth import Claims
from broker.errors import InvalidField
from broker.media_types import check_type
from broker.rules import MOVING, RENAMING, RULES, SCOPE, Verdict
from broker.schemas import ChecksumAlgorithm, Disposition, NewUpload, PolicyLimits, QuotaLimits, Usage
from broker.settings import Policy, Quota

MAX_URL_EXPIRES_IN = 3600

# A browser may run what these hold in the store's origin, however they are shown
# scripts under all their old names: https://mimesniff.spec.whatwg.org/#javascript-mime-type
_SCRIPT_CAPABLE = re.compile(
    r"text/(html|xml|xsl)|application/(xml|mathml)|(text|application)/.*(java|ecma|j|live)script[0-9.]*|.*\+xml"
)
_SHOWN_INLINE = re.compile(r"image/(png|jpeg|gif|webp|avif|bmp)|(audio|video)/.+|application/pdf|text/plain")


class Policies:
    """The policies, by name."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies

    def get(self, name: str, claims: Claims) -> Policy:
        """Return a policy that the caller may use. Raises InvalidField, InsufficientScope."""
        policy = self._policies.get(name)
        if policy is None:
            raise InvalidField("There is no policy of this name.", field="policy")
        SCOPE.check(policy, NewUpload(name="", size=0), claims)
        return policy

    def has(self, name: str) -> bool:
        """Say whether there still is such a policy."""
        return name in self._policies

    def of(self, name: str) -> Policy:
        """Return the policy of an upload that was admitted: `default` if its own has been removed since."""
        return self._policies.get(name) or self._policies["default"]

    def quota_of(self, name: str) -> QuotaLimits:
        """Say how much a subject may store under a policy: without a limit once it has been removed."""
        policy = self._policies.get(name)
        return _describe_quota(policy.quota if policy else Quota())

    def visible_to(self, claims: Claims) -> tuple[Policy, ...]:
        """List the policies that the caller may use, `default` first."""
        mine = (policy for policy in self._policies.values() if policy.scope in {None, *claims.scopes})
        return tuple(sorted(mine, key=lambda policy: (policy.name != "default", policy.name)))


def check(policy: Policy, new: NewUpload, claims: Claims) -> NewUpload:
    """Return what is declared in its normal form. Raises the first rule's refusal: see rules.py.

    Its member `rule` names what decided, `limit` is the value of that.
    """
    for rule in RULES:
        rule.check(policy, new, claims)
    return structs.replace(
        new, name=keys.check_name(new.name), folder=keys.check_folder(new.folder), type=check_type(new.type)
    )


def check_rename(policy: Policy, name: str, media_type: str, claims: Claims) -> str:
    """Return the name in its normal form. Raises the first rule's refusal."""
    for rule in RENAMING:
        rule.check(policy, NewUpload(name=name, size=0, type=media_type), claims)
    return keys.check_name(name)


def check_move(policy: Policy, folder: str, claims: Claims) -> str:
    """Return the folder in its normal form. Raises the first rule's refusal."""
    for rule in MOVING:
        rule.check(policy, NewUpload(name="", size=0, folder=folder), claims)
    return keys.check_folder(folder)


def explain(policy: Policy, new: NewUpload, claims: Claims) -> tuple[Verdict, ...]:
    """Say what each rule thinks of an upload, in the order in which `check` asks them."""
    return tuple(rule.explain(policy, new, claims) for rule in RULES)


def algorithm_of(policy: Policy, declared: NewUpload) -> ChecksumAlgorithm:
    """Choose the checksum that PUTs are bound to: that of the declared one, else the policy's."""
    if declared.checksum is None:
        return policy.checksum_algorithm
    return "sha256" if declared.checksum.startswith("sha256:") else "crc32c"


def describe(policy: Policy, usage: Usage) -> PolicyLimits:
    """Say what a policy allows, and how much of it is used."""
    return PolicyLimits(
        name=policy.name,
        types=policy.types,
        extensions=policy.extensions,
        min_size=policy.min_size,
        max_size=policy.max_size,
        single_put_max=policy.single_put_max,
        upload_expires_in=policy.upload_expires_in,
        url_expires_in=policy.url_expires_in,
        scope=policy.scope,
        folders=policy.folders,
        checksum_algorithm=policy.checksum_algorithm,
        checksum_required=policy.checksum_required,
        scan=policy.scan,
        part_concurrency=policy.part_concurrency,
        quota=_describe_quota(policy.quota),
        tenant_quota=_describe_quota(policy.tenant_quota),
        usage=usage,
    )


def _describe_quota(quota: Quota) -> QuotaLimits:
    return QuotaLimits(bytes=quota.bytes, files=quota.files, pending=quota.pending)


def check_expires_in(expires_in: int) -> int:
    """Return the life of a URL in seconds. Raises InvalidField: a longer one is refused, not shortened."""
    if not 1 <= expires_in <= MAX_URL_EXPIRES_IN:
        raise InvalidField(
            f"A URL lives 1 to {MAX_URL_EXPIRES_IN} seconds.", field="expires_in", limit=MAX_URL_EXPIRES_IN
        )
    return expires_in


def handing_out(media_type: str, disposition: Disposition) -> tuple[str, Disposition]:
    """Decide the type and disposition of a download: nothing that can carry a script is shown.

    >>> handing_out("image/png", "inline")
    ('image/png', 'inline')
    >>> handing_out("image/svg+xml", "inline")
    ('application/octet-stream', 'attachment')
    >>> handing_out("application/zip", "inline")
    ('application/zip', 'attachment')
    """
    if _SCRIPT_CAPABLE.fullmatch(media_type):
        return "application/octet-stream", "attachment"
    if not _SHOWN_INLINE.fullmatch(media_type):
        return media_type, "attachment"
    return media_type, disposition
