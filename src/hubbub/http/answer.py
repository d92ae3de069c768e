"""The shape of every answer to a call that succeeded; `failures.py` has the other."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from ninja import Schema

Data = TypeVar("Data")


class Answer(Schema, Generic[Data]):
    """What was done, in words for a person, and what came of it."""

    status: Literal["success"] = "success"
    message: str
    data: Data
