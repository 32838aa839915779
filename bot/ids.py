"""Ids are UUIDv7: unique anywhere, sortable by time."""

from uuid_utils import uuid7


def new_id() -> str:
    return str(uuid7())
