"""The calls of the broker, one method each. They are safe to use from several threads."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from broker import schemas
from broker.client.failures import BrokerUnreachable, read_problem, reason, to_error
from broker.errors import BrokerError, ExpiredToken, InvalidToken, MalformedJson

Answer = TypeVar("Answer")

_TOKEN = re.compile(r"\s*([\w.~+/-]+=*)\s*", re.ASCII)  # RFC 6750 §2.1; files end with a line break


class _Item(msgspec.Struct):
    """One item of a batch's answer."""

    upload: schemas.Upload | None = None
    file: schemas.File | None = None
    receipt: str | None = None
    problem: dict[str, object] | None = None


class _Items(msgspec.Struct):
    items: list[_Item]


class Calls:
    """Every method raises the broker's own errors (broker/errors.py), and BrokerUnreachable."""

    def __init__(self, base_url: str, *, token: Callable[[bool], str], http: httpx.Client) -> None:
        """`token` is asked with True when the broker no longer takes the one before."""
        self._base_url = base_url
        self._token = token
        self._http = http
        self._renewing = threading.Lock()

    def me(self) -> schemas.Me:
        return self._call("GET", "/v1/me", schemas.Me)

    def create(self, upload: schemas.NewUpload, *, key: str) -> schemas.Upload:
        return self._call("POST", "/v1/uploads", schemas.Upload, upload, key=key)

    def create_batch(
        self, uploads: Sequence[schemas.NewUpload], *, key: str
    ) -> list[schemas.Upload | BrokerError]:
        body = {"uploads": uploads}
        answer = self._call("POST", "/v1/uploads/batch", _Items, body, key=key)
        return [each.upload or _problem(each) for each in answer.items]

    def list_pending(self, cursor: str | None = None) -> schemas.Page[schemas.Upload]:
        query = {"limit": "1000"} | ({} if cursor is None else {"cursor": cursor})
        return self._call("GET", "/v1/uploads", schemas.Page[schemas.Upload], query=query)

    def read_upload(self, upload_id: str, *, from_part: int = 1) -> schemas.Upload:
        query = {"from_part": str(from_part)}
        return self._call("GET", _path("/v1/uploads/{}", upload_id), schemas.Upload, query=query)

    def sign_part(self, upload_id: str, number: int, checksum: str) -> schemas.PresignedPart:
        body = {"parts": [{"number": number, "checksum": checksum}]}
        answer = self._call("POST", _path("/v1/uploads/{}/parts", upload_id), schemas.PresignedParts, body)
        return answer.parts[0]

    def complete(self, upload_id: str, completion: schemas.CompleteUpload) -> schemas.Completion:
        return self._call("POST", _path("/v1/uploads/{}/complete", upload_id), schemas.Completion, completion)

    def complete_batch(self, upload_ids: Sequence[str]) -> list[schemas.File | BrokerError]:
        body = {"uploads": [{"id": upload_id} for upload_id in upload_ids]}
        answer = self._call("POST", "/v1/uploads/batch/complete", _Items, body)
        return [each.file or _problem(each) for each in answer.items]

    def abort(self, upload_id: str) -> None:
        self._send("DELETE", _path("/v1/uploads/{}", upload_id))

    def list_files(self, wanted: schemas.ListFiles) -> schemas.Page[schemas.File]:
        return self._call("GET", "/v1/files", schemas.Page[schemas.File], query=_query(wanted))

    def read_file(self, file_id: str) -> schemas.File:
        return self._call("GET", _path("/v1/files/{}", file_id), schemas.File)

    def change_file(self, file_id: str, wanted: schemas.ChangeFile) -> schemas.File:
        return self._call("PATCH", _path("/v1/files/{}", file_id), schemas.File, wanted)

    def delete_file(self, file_id: str) -> None:
        self._send("DELETE", _path("/v1/files/{}", file_id))

    def sign_download(self, file_id: str) -> schemas.Download:
        return self._call("POST", _path("/v1/files/{}/download", file_id), schemas.Download, {})

    def list_folders(self, wanted: schemas.ListFolders) -> schemas.Page[schemas.Folder]:
        return self._call("GET", "/v1/folders", schemas.Page[schemas.Folder], query=_query(wanted))

    def create_folder(self, path: str) -> schemas.Folder:
        return self._call("POST", "/v1/folders", schemas.Folder, schemas.NewFolder(path=path))

    def move_folder(self, path: str, to: str) -> schemas.Folder:
        return self._call("POST", "/v1/folders/move", schemas.Folder, schemas.MoveFolder(path=path, to=to))

    def trash_folder(self, path: str) -> schemas.TrashedFolder:
        return self._call("POST", "/v1/folders/trash", schemas.TrashedFolder, schemas.NewFolder(path=path))

    def restore_folder(self, wanted: schemas.RestoreFolder) -> schemas.RestoredFolder:
        return self._call("POST", "/v1/folders/restore", schemas.RestoredFolder, wanted)

    def share_file(self, file_id: str, new: schemas.NewShare) -> schemas.Share:
        return self._call("POST", _path("/v1/files/{}/shares", file_id), schemas.Share, new)

    def share_folder(self, new: schemas.NewFolderShare) -> schemas.Share:
        return self._call("POST", "/v1/folders/shares", schemas.Share, new)

    def receive_into_folder(self, new: schemas.NewReceivingShare) -> schemas.Share:
        return self._call("POST", "/v1/folders/receive", schemas.Share, new)

    def list_shares(self, file_id: str | None, cursor: str | None) -> schemas.Page[schemas.Share]:
        wanted = {"limit": "1000", "file": file_id, "cursor": cursor}
        query = {name: value for name, value in wanted.items() if value is not None}
        return self._call("GET", "/v1/shares", schemas.Page[schemas.Share], query=query)

    def revoke_share(self, share_id: str) -> None:
        self._send("DELETE", _path("/v1/shares/{}", share_id))

    def _call(
        self,
        method: str,
        path: str,
        kind: type[Answer],
        body: object = None,
        *,
        query: dict[str, str] | None = None,
        key: str | None = None,
    ) -> Answer:
        answer = self._send(method, path, body, query=query, key=key)
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise BrokerUnreachable("The answer is not the broker's.") from error

    def _send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: dict[str, str] | None = None,
        key: str | None = None,
    ) -> bytes:
        """Call; with a token that is no longer taken, once more with a new one."""
        token = self._token(False)
        headers = {} if key is None else {"idempotency-key": key}
        try:
            content = None if body is None else _encode(body)
            url = f"{self._base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        except UnicodeEncodeError as error:  # Linux takes any bytes for a name
            raise MalformedJson("What was given is not UTF-8.") from error
        if content is not None:
            headers["content-type"] = "application/json"

        def request(token: str) -> bytes:
            authorization = _bearer(token)
            try:
                answer = self._http.request(
                    method,
                    url,
                    content=content,
                    headers=headers | {"authorization": authorization},
                )
            except httpx.TransportError as error:
                raise BrokerUnreachable(f"The broker does not answer ({reason(error)}).") from error
            if not answer.is_success:
                raise read_problem(answer.status_code, answer.content, answer.headers)
            return answer.content

        try:
            return request(token)
        except (ExpiredToken, InvalidToken):
            return request(self._renew(token))

    def _renew(self, refused: str) -> str:
        """Get another token, once for all threads that were refused."""
        with self._renewing:
            current = self._token(False)
            return current if current != refused else self._token(True)


def _bearer(token: str) -> str:
    """Raises InvalidToken for what no header can hold, of which httpx would say that nobody answers.

    >>> _bearer("eyJ0.eyJz.c2ln\\n")
    'Bearer eyJ0.eyJz.c2ln'
    """
    if (found := _TOKEN.fullmatch(token)) is None:
        raise InvalidToken("The access token is not valid: it has characters that none can have.")
    return f"Bearer {found[1]}"


def _path(form: str, name: str) -> str:
    """Put an id into a path: people type them, so anything may be in one.

    >>> _path("/v1/files/{}/download", "../a\\t")
    '/v1/files/%2E%2E%2Fa%09/download'
    """
    quoted = quote(os.fsencode(name), safe="")  # Linux takes any bytes for an argument
    return form.format(quoted.replace(".", "%2E"))  # RFC 3986 §5.2.4: dots alone lead elsewhere


def _query(wanted: msgspec.Struct) -> dict[str, str]:
    """Write a query: what has no value is left out, and a truth is written as JSON does."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in msgspec.structs.asdict(wanted).items()
        if value is not None
    }


def _encode(body: object) -> bytes:
    """Write a body; what was left out is not written, so that an older broker refuses no new field."""
    return msgspec.json.encode(_without_nulls(msgspec.to_builtins(body)))


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _problem(item: _Item) -> BrokerError:
    facts = item.problem or {}
    status = facts.get("status")
    return to_error(status if isinstance(status, int) else 500, facts, {})
