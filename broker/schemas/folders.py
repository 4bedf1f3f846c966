"""Folders: listed, made, moved, put into the trash and taken out."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from broker.schemas.base import Answer, Request


class ListFolders(Request, frozen=True):
    """The query of the list of folders right below `parent`."""

    parent: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000
    cursor: str | None = None


class NewFolder(Request, frozen=True):
    path: str


class MoveFolder(Request, frozen=True):
    """`to` is the path that the folder is to have."""

    path: str
    to: str


class Folder(Answer, frozen=True):
    path: str


class RestoreFolder(Request, frozen=True):
    """`trashed_at` is what the trashing answered: then only what went with the folder comes back."""

    path: str
    trashed_at: Annotated[datetime, Meta(tz=True)] | None = None


class TrashedFolder(Answer, frozen=True):
    """How many files were put into the trash with a folder, and when."""

    path: str
    files: int
    trashed_at: datetime


class RestoredFolder(Answer, frozen=True):
    """How many files were taken out of the trash."""

    path: str
    files: int
