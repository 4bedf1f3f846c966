"""The rules by which a policy takes an upload or does not. Pure.

A rule is a function that returns a sentence about an upload that it takes, and raises the refusal of another.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from broker import checksums, keys
from broker.auth import Claims
from broker.errors import BrokerError, InsufficientScope, InvalidChecksum, ObjectTooLarge, PolicyViolation
from broker.media_types import check_type, contradicts, is_taken
from broker.schemas import NewUpload
from broker.settings import Policy


class Verdict(Struct, frozen=True, kw_only=True):
    """What a rule says of an upload. `limit` is the setting's value, None where there is none."""

    rule: str
    limit: object
    is_met: bool
    detail: str


class Rule(Struct, frozen=True, kw_only=True):
    """`setting` is the policy's field that decides; where none does, `field` is what the client sends."""

    judge: Callable[[Policy, NewUpload, Claims], str]
    setting: str | None = None
    field: str | None = None
    limit: int | None = None

    def check(self, policy: Policy, new: NewUpload, claims: Claims) -> None:
        """Raise the refusal, whose members `rule` and `limit` say what decided."""
        try:
            self.judge(policy, new, claims)
        except BrokerError as error:
            error.members |= {"rule": self.name_in(policy), "limit": self.limit_in(policy)}
            raise

    def explain(self, policy: Policy, new: NewUpload, claims: Claims) -> Verdict:
        """Say whether the upload is taken, and why."""
        rule, limit = self.name_in(policy), self.limit_in(policy)
        try:
            detail = self.judge(policy, new, claims)
        except BrokerError as error:
            return Verdict(rule=rule, limit=limit, is_met=False, detail=error.detail)
        return Verdict(rule=rule, limit=limit, is_met=True, detail=detail)

    def name_in(self, policy: Policy) -> str:
        return rule_name(policy, self.setting) if self.setting else str(self.field)

    def limit_in(self, policy: Policy) -> object:
        return getattr(policy, self.setting) if self.setting else self.limit


def rule_name(policy: Policy, setting: str) -> str:
    """Name a setting of a policy as broker.toml does.

    >>> rule_name(Policy(name="avatars"), "quota.files")
    'policies.avatars.quota.files'
    """
    return f"policies.{policy.name}.{setting}"


def is_multipart(policy: Policy, size: int) -> bool:
    """Say whether a file of this size is sent in parts."""
    return size > policy.single_put_max


def _scope(policy: Policy, _: NewUpload, claims: Claims) -> str:
    if policy.scope is None:
        return "No scope is needed besides uploads:write."
    if policy.scope not in claims.scopes:
        raise InsufficientScope(f"This policy needs the scope {policy.scope}.", scope=policy.scope)
    return f"The token has the scope {policy.scope}."


def _name(_: Policy, new: NewUpload, __: Claims) -> str:
    keys.check_name(new.name)
    return "The name is a good one."


def _folder(_: Policy, new: NewUpload, __: Claims) -> str:
    keys.check_folder(new.folder)
    return "The folder is a good one."


def _type(_: Policy, new: NewUpload, __: Claims) -> str:
    check_type(new.type)
    return "The media type has the right form."


def _types(policy: Policy, new: NewUpload, _: Claims) -> str:
    if not policy.types:
        return "Any media type is taken."
    media_type = check_type(new.type)
    if not is_taken(media_type, policy.types):
        raise PolicyViolation(
            f"Files of {media_type} are not taken here, only {_any_of(policy.types)}.", field="type"
        )
    _refuse_contradiction(new.name, media_type, field="type")
    return f"Files of {media_type} are taken."


def _extensions(policy: Policy, new: NewUpload, _: Claims) -> str:
    if not policy.extensions:
        return "Any extension is taken."
    if not new.name.lower().endswith(policy.extensions):
        raise PolicyViolation(
            f"Only files whose names end in {_any_of(policy.extensions)} are taken here.", field="name"
        )
    _refuse_contradiction(new.name, check_type(new.type), field="name")
    return "Names with this extension are taken."


def _refuse_contradiction(name: str, media_type: str, *, field: str) -> None:
    if contradicts(name, media_type):
        raise PolicyViolation(f"Files with this name's extension are not of {media_type}.", field=field)


def _any_of(values: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def _max_size(policy: Policy, new: NewUpload, _: Claims) -> str:
    if new.size > policy.max_size:
        raise ObjectTooLarge(f"Files may be at most {policy.max_size} bytes.", field="size")
    return f"{new.size} bytes are at most {policy.max_size}."


def _min_size(policy: Policy, new: NewUpload, _: Claims) -> str:
    if new.size < policy.min_size:
        raise PolicyViolation(f"Files have to be at least {policy.min_size} bytes.", field="size")
    return f"{new.size} bytes are at least {policy.min_size}."


def _folders(policy: Policy, new: NewUpload, claims: Claims) -> str:
    if policy.folders == "**":
        return "The policy stores into any folder."
    folder = keys.check_folder(new.folder)
    names = folder.split("/") if folder else []
    pattern = policy.folders.split("/") if policy.folders else []
    if not _reaches(pattern, names, claims):
        raise PolicyViolation(
            f"This policy stores into folders like {policy.folders or 'the top one'} alone.", field="folder"
        )
    return "The folder is one that the policy stores into."


def _reaches(pattern: Sequence[str], names: Sequence[str], claims: Claims) -> bool:
    """Follow all readings of the pattern at once, so that no folder takes long, however many ** there are."""
    ends = {0}  # how many names the pattern up to here can stand for
    for part in pattern:
        if part == "**":
            ends = set(range(min(ends), len(names) + 1)) if ends else ends
        else:
            ends = {end + 1 for end in ends if end < len(names) and _stands_for(part, names[end], claims)}
    return len(names) in ends


def _stands_for(part: str, name: str, claims: Claims) -> bool:
    # nothing is put into the pattern: a subject may be called *
    match part:
        case "*":
            return True
        case "{subject}":
            return name == claims.subject
        case "{tenant}":
            return name == claims.tenant
    return name == part


def _checksum(_: Policy, new: NewUpload, __: Claims) -> str:
    if new.checksum is None:
        return "No checksum is declared."
    checksums.parse(new.checksum)
    return "The checksum has the right form."


def _checksum_required(policy: Policy, new: NewUpload, _: Claims) -> str:
    if not policy.checksum_required:
        return "A checksum may be left out."
    if new.checksum is not None:
        return "A checksum is declared."
    if is_multipart(policy, new.size) and policy.checksum_algorithm == "sha256":
        return "Each part will have its own checksum; the whole one could not be verified."
    raise PolicyViolation("This policy needs the file's checksum.", field="checksum")


def _checksum_algorithm(policy: Policy, new: NewUpload, _: Claims) -> str:
    declared = _declared_algorithm(new)
    if declared and policy.checksum_algorithm == "sha256" != declared:
        raise InvalidChecksum("This policy takes sha256 checksums alone.", field="checksum")
    return f"The upload is bound to {declared or policy.checksum_algorithm} checksums."


def _declared_algorithm(new: NewUpload) -> str | None:
    return new.checksum.partition(":")[0] if new.checksum else None


def _single_put_max(policy: Policy, new: NewUpload, _: Claims) -> str:
    if not is_multipart(policy, new.size):
        return f"{new.size} bytes are sent in one piece."
    # S3 knows a full-object checksum of a multipart upload for CRCs alone
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    if _declared_algorithm(new) == "sha256":
        raise InvalidChecksum(
            f"Files of over {policy.single_put_max} bytes are sent in parts, and no store can verify "
            "the sha256 of these as a whole: declare the crc32c, or none.",
            field="checksum",
        )
    return f"{new.size} bytes are sent in parts."


SCOPE = Rule(setting="scope", judge=_scope)
_NAME = Rule(field="name", limit=keys.MAX_NAME_BYTES, judge=_name)
_FOLDER = Rule(field="folder", limit=keys.MAX_FOLDER_BYTES, judge=_folder)
_TYPES = Rule(setting="types", judge=_types)
_EXTENSIONS = Rule(setting="extensions", judge=_extensions)
_FOLDERS = Rule(setting="folders", judge=_folders)

# of a file that is there already
RENAMING = (_NAME, _EXTENSIONS, _TYPES)
MOVING = (_FOLDER, _FOLDERS)

RULES = (
    SCOPE,
    _NAME,
    _FOLDER,
    Rule(field="type", judge=_type),
    _TYPES,
    _EXTENSIONS,
    Rule(setting="max_size", judge=_max_size),
    Rule(setting="min_size", judge=_min_size),
    _FOLDERS,
    Rule(field="checksum", judge=_checksum),
    Rule(setting="checksum_required", judge=_checksum_required),
    Rule(setting="checksum_algorithm", judge=_checksum_algorithm),
    Rule(setting="single_put_max", judge=_single_put_max),
)
