"""What each operation of the API takes, answers and may refuse, by its endpoint's name."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from broker import errors, schemas
from broker.errors import BrokerError

_LIMITED = (errors.TooManyRequests,)
_DECLARED = (
    errors.InvalidName,
    errors.InvalidType,
    errors.InvalidChecksum,
    errors.ObjectTooLarge,
    errors.PolicyViolation,
)
_COMPLETED = (
    errors.NotFound,
    errors.UploadIncomplete,
    errors.PartsMismatch,
    errors.UploadAborted,
    errors.UploadExpired,
    errors.UploadRejected,
    errors.InvalidChecksum,
    errors.StoreUnavailable,
)
_SHARED = (
    *_LIMITED,
    errors.NotFound,
    errors.ShareExpired,
    errors.ShareUsedUp,
    errors.ShareLocked,
    errors.TooManySignIns,
    errors.SignInBusy,
)


class Operation(Struct, frozen=True, kw_only=True):
    """What an operation takes and answers, beside what all of its kind do."""

    summary: str
    body: type[Struct] | None = None
    query: type[Struct] | None = None
    answer: Any = None
    status: int = 200
    media_type: str = "application/json"
    headers: Sequence[str] = ()
    is_repeatable: bool = False  # takes an Idempotency-Key
    is_conditional: bool = False  # takes an If-Match
    by_cookie: bool = False
    problems: Sequence[type[BrokerError]] = ()


OPERATIONS: Mapping[str, Operation] = {
    "sign_in": Operation(
        summary="Sign in with a password",
        body=schemas.SignIn,
        answer=schemas.Session,
        headers=["Set-Cookie"],
        problems=[*_LIMITED, errors.WrongCredentials, errors.TooManySignIns, errors.SignInBusy],
    ),
    "renew_session": Operation(
        summary="Get a new access token by the session's cookie",
        answer=schemas.Session,
        headers=["Set-Cookie"],
        by_cookie=True,
        problems=[*_LIMITED, errors.SessionEnded, errors.CrossOriginCall],
    ),
    "sign_out": Operation(
        summary="End the session of the cookie",
        status=204,
        headers=["Set-Cookie"],
        by_cookie=True,
        problems=[*_LIMITED, errors.CrossOriginCall],
    ),
    "sign_out_everywhere": Operation(summary="End all sessions", status=204, headers=["Set-Cookie"]),
    "show_sign_in_options": Operation(
        summary="Say how one may sign in", answer=schemas.SignInOptions, problems=[errors.IssuerUnavailable]
    ),
    "me": Operation(summary="Say who calls, and what applies to the caller", answer=schemas.Me),
    "show_capabilities": Operation(
        summary="Say what the store enforces, and the protocol's limits", answer=schemas.Capabilities
    ),
    "create_upload": Operation(
        summary="Declare an upload",
        body=schemas.NewUpload,
        answer=schemas.Upload,
        status=201,
        headers=["Location"],
        is_repeatable=True,
        problems=[
            *_DECLARED,
            errors.QuotaExceeded,
            errors.TooManyUploads,
            errors.NameTaken,
            errors.ShareExpired,
            errors.IdempotencyMismatch,
            errors.RequestInProgress,
            errors.StoreUnavailable,
        ],
    ),
    "create_uploads": Operation(
        summary="Declare up to 1,000 uploads",
        body=schemas.NewUploads,
        answer=schemas.CreatedUploads,
        is_repeatable=True,
        problems=[errors.RequestInProgress],
    ),
    "list_uploads": Operation(
        summary="List unfinished uploads, the newest first",
        query=schemas.ListUploads,
        answer=schemas.Page[schemas.Upload],
    ),
    "get_upload": Operation(
        summary="Look at an upload",
        query=schemas.GetUpload,
        answer=schemas.Upload,
        problems=[errors.NotFound, errors.StoreUnavailable],
    ),
    "sign_parts": Operation(
        summary="Presign the PUTs of parts",
        body=schemas.PartsToSign,
        answer=schemas.PresignedParts,
        problems=[errors.NotFound, errors.InvalidChecksum],
    ),
    "complete_upload": Operation(
        summary="Verify an upload and make it a file",
        body=schemas.CompleteUpload,
        answer=schemas.Completion,
        problems=_COMPLETED,
    ),
    "complete_uploads": Operation(
        summary="Complete up to 1,000 uploads",
        body=schemas.UploadsToComplete,
        answer=schemas.CompletedUploads,
    ),
    "diagnose_upload": Operation(
        summary="Ask why a transfer fails",
        body=schemas.Symptoms,
        answer=schemas.Diagnosis,
        problems=[errors.NotFound],
    ),
    "abort_upload": Operation(
        summary="Abort an upload", status=204, problems=[errors.NotFound, errors.UploadCompleted]
    ),
    "list_files": Operation(
        summary="List files, the newest first unless asked otherwise",
        query=schemas.ListFiles,
        answer=schemas.Page[schemas.File],
        problems=[errors.InvalidName],
    ),
    "get_file": Operation(
        summary="Look at a file", answer=schemas.File, headers=["ETag"], problems=[errors.NotFound]
    ),
    "download_file": Operation(
        summary="Presign the GET of a file",
        body=schemas.NewDownload,
        answer=schemas.Download,
        problems=[errors.NotFound, errors.FileQuarantined],
    ),
    "get_content": Operation(
        summary="Go to the presigned GET of a file",
        query=schemas.NewDownload,
        status=307,
        headers=["Location"],
        problems=[errors.NotFound, errors.FileQuarantined],
    ),
    "get_receipt": Operation(
        summary="Get the signed receipt of a file", answer=schemas.FileReceipt, problems=[errors.NotFound]
    ),
    "get_history": Operation(
        summary="List what was done with a file, the newest first",
        answer=schemas.FileHistory,
        problems=[errors.NotFound],
    ),
    "change_file": Operation(
        summary="Rename a file, move it, put it into the trash or take it out",
        body=schemas.ChangeFile,
        answer=schemas.File,
        headers=["ETag"],
        is_conditional=True,
        problems=[
            errors.NotFound,
            errors.RevisionMismatch,
            errors.NameTaken,
            errors.InvalidName,
            errors.PolicyViolation,
        ],
    ),
    "change_files": Operation(
        summary="Move up to 1,000 files, put them into the trash or take them out",
        body=schemas.ChangeFiles,
        answer=schemas.ChangedFiles,
    ),
    "delete_files": Operation(
        summary="Delete up to 1,000 files for good", body=schemas.DeleteFiles, answer=schemas.ChangedFiles
    ),
    "create_thumbnail": Operation(
        summary="Presign the PUT of a file's thumbnail",
        body=schemas.NewThumbnail,
        answer=schemas.PresignedRequest,
        problems=[errors.NotFound, errors.InvalidChecksum],
    ),
    "list_thumbnails": Operation(
        summary="Presign the GETs of up to 200 files' thumbnails",
        body=schemas.ListThumbnails,
        answer=schemas.Thumbnails,
    ),
    "list_folders": Operation(
        summary="List the folders right below one, by name",
        query=schemas.ListFolders,
        answer=schemas.Page[schemas.Folder],
        problems=[errors.InvalidName],
    ),
    "create_folder": Operation(
        summary="Make a folder",
        body=schemas.NewFolder,
        answer=schemas.Folder,
        status=201,
        problems=[errors.InvalidName, errors.FolderExists],
    ),
    "move_folder": Operation(
        summary="Move or rename a folder with all that is in it",
        body=schemas.MoveFolder,
        answer=schemas.Folder,
        problems=[errors.NotFound, errors.InvalidName, errors.FolderExists, errors.PolicyViolation],
    ),
    "trash_folder": Operation(
        summary="Put all that is in a folder into the trash",
        body=schemas.NewFolder,
        answer=schemas.TrashedFolder,
        problems=[errors.NotFound, errors.InvalidName],
    ),
    "restore_folder": Operation(
        summary="Take all that was in a folder out of the trash",
        body=schemas.RestoreFolder,
        answer=schemas.RestoredFolder,
        problems=[errors.InvalidName],
    ),
    "delete_file": Operation(summary="Delete a file for good", status=204, problems=[errors.NotFound]),
    "create_share": Operation(
        summary="Make a link by which anybody may fetch a file",
        body=schemas.NewShare,
        answer=schemas.Share,
        status=201,
        problems=[errors.NotFound, errors.SignInBusy],
    ),
    "share_folder": Operation(
        summary="Make a link by which anybody may fetch all in a folder",
        body=schemas.NewFolderShare,
        answer=schemas.Share,
        status=201,
        problems=[errors.NotFound, errors.InvalidName, errors.SignInBusy],
    ),
    "receive_into_folder": Operation(
        summary="Make a link by which anybody may send files into a folder",
        body=schemas.NewReceivingShare,
        answer=schemas.Share,
        status=201,
        problems=[errors.NotFound, errors.InvalidName, errors.PolicyViolation, errors.SignInBusy],
    ),
    "list_shares": Operation(
        summary="List links, the newest first",
        query=schemas.ListShares,
        answer=schemas.Page[schemas.Share],
        problems=[errors.InvalidName],
    ),
    "revoke_share": Operation(summary="Take a link back", status=204, problems=[errors.NotFound]),
    "open_share": Operation(
        summary="Show what a link leads to",
        body=schemas.OpenShare,
        answer=schemas.SharedFile | schemas.SharedFolder | schemas.ReceivingFolder,
        problems=_SHARED,
    ),
    "list_shared_folders": Operation(
        summary="List the folders right below one that a link leads to, by name",
        body=schemas.ListSharedFolders,
        answer=schemas.Page[schemas.Folder],
        problems=[*_SHARED, errors.InvalidName],
    ),
    "list_shared_files": Operation(
        summary="List the files in a folder that a link leads to, by name",
        body=schemas.ListSharedFiles,
        answer=schemas.Page[schemas.SharedEntry],
        problems=[*_SHARED, errors.InvalidName],
    ),
    "download_share": Operation(
        summary="Presign the GET of a file that a link leads to, which is counted",
        body=schemas.DownloadShare,
        answer=schemas.Download,
        problems=[*_SHARED, errors.FileQuarantined],
    ),
    "begin_receiving": Operation(
        summary="Get a token for sending files by a link, and for nothing else",
        body=schemas.OpenShare,
        answer=schemas.Session,
        problems=_SHARED,
    ),
    "get_shared_content": Operation(
        summary="Go to the presigned GET of a link's file, which is counted",
        status=307,
        headers=["Location"],
        problems=[*_SHARED, errors.FileQuarantined],
    ),
    "list_usage": Operation(
        summary="List how much the tenant's subjects store",
        query=schemas.ListUsage,
        answer=schemas.Page[schemas.SubjectUsage],
    ),
    "list_users": Operation(
        summary="List the tenant's built-in users, by name",
        query=schemas.ListUsers,
        answer=schemas.Page[schemas.User],
    ),
    "add_user": Operation(
        summary="Add a user to the tenant",
        body=schemas.NewUser,
        answer=schemas.User,
        status=201,
        problems=[errors.UserExists, errors.SignInBusy],
    ),
    "disable_user": Operation(
        summary="Shut a user out, at once",
        body=schemas.NamedUser,
        status=204,
        problems=[errors.NotFound, errors.OwnAccount],
    ),
    "enable_user": Operation(
        summary="Let a user in again", body=schemas.NamedUser, status=204, problems=[errors.NotFound]
    ),
    "set_password": Operation(
        summary="Give a user another password, which ends all of his sessions",
        body=schemas.NewPassword,
        status=204,
        problems=[errors.NotFound, errors.SignInBusy],
    ),
    "list_tenant_uploads": Operation(
        summary="List what all of the tenant have not finished, the newest first",
        query=schemas.ListTenantUploads,
        answer=schemas.Page[schemas.TenantUpload],
    ),
    "abort_tenant_upload": Operation(
        summary="Abort an upload of anybody in the tenant",
        status=204,
        problems=[errors.NotFound, errors.UploadCompleted],
    ),
    "search_audit": Operation(
        summary="Search what was done in the tenant, the newest first",
        query=schemas.SearchAudit,
        answer=schemas.Page[schemas.AuditEntry],
    ),
    "show_store_health": Operation(
        summary="Show what was found when the store was examined last", answer=schemas.StoreHealth
    ),
    "examine_store": Operation(
        summary="Examine the store as `broker doctor` does",
        answer=schemas.StoreHealth,
        problems=[errors.StoreUnavailable],
    ),
    "take_event": Operation(
        summary="Hear of stored objects (for the store's webhook)",
        body=schemas.StoreEvent,
        status=204,
        problems=[errors.NotFound, errors.Unauthenticated, errors.InvalidToken, errors.StoreUnavailable],
    ),
    "get_key_set": Operation(summary="Get the keys that verify receipts", answer=schemas.KeySet),
    "show_openapi": Operation(summary="Get this description", answer=dict),
    "livez": Operation(summary="Say that the process lives", answer=schemas.Health),
    "readyz": Operation(
        summary="Say whether requests can be answered",
        answer=schemas.Health,
        problems=[errors.StoreUnavailable, errors.StoreUnsafe, errors.ShuttingDown],
    ),
    "show_metrics": Operation(summary="Get the counters, for Prometheus", media_type="text/plain"),
}
