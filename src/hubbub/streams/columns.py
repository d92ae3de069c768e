"""The columns of a model of events, and what is written to them.

The journal writes rows by one statement for many, and not by `save`: so it asks the fields itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import Error
from django.db.models import DecimalField

from hubbub.database import ours
from hubbub.errors import InvalidValueError, Refusal
from hubbub.journal.models import StoredEvent
from hubbub.observe.events import STORING_REFUSED
from hubbub.observe.report import report
from hubbub.wire.moment import kept_moment
from hubbub.wire.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Field

    from hubbub.streams.event import Event

T = TypeVar("T")

INSERT = "INSERT INTO {table} ({columns}) VALUES ({places})"
#: What is raised as it is; all else that a field, or one of its validators, raises is of its value.
EVERYONES = (Refusal, Error)
#: What every event has, which the journal fills in.
COMMON = frozenset(field.name for field in StoredEvent._meta.local_fields)


class Columns:
    """Those that are written: all but a number that the database gives."""

    def __init__(self, model: type[Event]) -> None:
        meta = model._meta
        self._table = meta.db_table
        self._fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
        self._own = [field for field in self._fields if field.name not in COMMON]
        self._giving = {field for field in self._fields if gives_itself(field)}

    def statement(self) -> str:
        """What writes a row."""
        return insertion(self._table, tuple(str(field.column) for field in self._fields))

    def row(self, event: Event) -> list[Any]:
        """What is written of an event, which then has all of it as it will be read back.

        Raises InvalidFormatError, with the key, for what a field does not take.
        """
        connection = ours()

        def written(field: Field[Any, Any]) -> object:
            value = settle(event, field, field.pre_save(event, add=True))
            return field.get_db_prep_save(value, connection)

        return each(self._fields, written)

    def be_like(self, event: Event, known: Event) -> None:
        """Have an event as it would be read back, and what gives itself a value as another's.

        Raises InvalidFormatError.
        """

        def be_alike(field: Field[Any, Any]) -> None:
            settle(event, field, getattr(known if field in self._giving else event, field.attname))

        each(self._fields, be_alike)

    def settle(self, event: Event) -> None:
        """Have an event that is not stored as it would be read back. Raises InvalidFormatError."""
        each(self._own, lambda field: settle(event, field, field.pre_save(event, add=True)))

    def dangling(self, event: Event, error: BaseException) -> Field[Any, Any] | None:
        """The field that refers to the row which is not there, where that is what was raised."""
        for field in self._fields:
            row: Any = field.remote_field and field.remote_field.model
            if (
                row is not None
                and isinstance(error, row.DoesNotExist)
                and getattr(event, field.attname) is not None
            ):
                return field
        return None


def each(fields: Sequence[Any], do: Callable[[Field[Any, Any]], T]) -> list[T]:
    """What comes of each field. Raises InvalidFormatError for a value that one does not take."""
    done: list[T] = []
    try:
        for field in fields:
            done.append(do(field))
    except EVERYONES:
        raise
    except Exception as error:
        raise refused(fields[len(done)], error) from error
    return done


def settle(event: Event, field: Field[Any, Any], value: Any) -> Any:
    """Give an event a value as the database will give it back. Raises as `read_back`."""
    value = read_back(field, value)
    setattr(event, field.attname, value)
    return value


def gives_itself(field: Field[Any, Any]) -> bool:
    """Whether a field has another value each time that nothing is said of it."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return True
    return field.has_default() and callable(field.default) and field.default not in {dict, list}


def read_back(field: Field[Any, Any], value: Any) -> Any:
    """A value as the database will give it back: text of a date as a date, moments in UTC.

    Without the setting USE_TZ a moment with an offset is one in local time, as the tables have it.

    A field's own pair of methods, as Django documents it, says what that is.

    Raises InvalidFormatError, and what the field does, or one of its validators.
    """
    value = field.to_python(field.get_prep_value(value))
    if value is None and not field.null:
        raise ValidationError(field.error_messages["null"])
    if isinstance(value, str):
        value = plain_text(value, field.name)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = kept_moment(value.astimezone(UTC))
    if isinstance(field, DecimalField) and isinstance(value, Decimal) and value.is_finite():
        value = decimal_back(field, value)
    if isinstance(value, float | Decimal) and not value:
        value = abs(value)  # not every database keeps the sign of zero
    if field.name not in COMMON and value not in field.empty_values:
        field.run_validators(value)
    return value


def decimal_back(field: DecimalField[Any, Any], value: Decimal) -> Decimal:
    """A number with the places of its field, and the digits that the database keeps: SQLite's 15.

    Raises InvalidOperation for one that is far too long.
    """
    places = Decimal(1).scaleb(-field.decimal_places)
    # With some digits too many, so that the field can say that they are.
    value = value.quantize(places, context=Context(prec=2 * field.max_digits))
    if len(value.as_tuple().digits) <= field.max_digits:
        connection, column = ours(), field.cached_col
        for converted in connection.ops.get_db_converters(column):
            value = converted(float(value), column, connection)
    return value


def refused(field: Field[Any, Any], error: BaseException) -> InvalidValueError:
    """What is said of a value that a field does not take."""
    report(STORING_REFUSED, type(error).__name__, error=error, field=field.name)
    told = (
        error.messages if isinstance(error, ValidationError) else [f"Not a value of {field.name}."]
    )
    return InvalidValueError(told, field=field.name)


@lru_cache(maxsize=64)
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """What inserts a row with these columns."""
    quote = ours().ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    return INSERT.format(table=quote(table), columns=names, places=places)
