"""Bodies checked to the last field.

msgspec stops at the first error, which is right for speed and wrong for people. The fast
path stays msgspec's; only when it has refused a body is the body walked again, field by
field, to list every error with its JSON pointer.
"""

import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from api.kernel.errors import FieldError
from api.kernel.fields import decode_field

MISSING = "This field is required."
UNKNOWN = "This field is not known here."
# Merchant-initiated charges need no security code, and one that is never taken cannot leak.
_SECURITY_CODE = re.compile(
    "(card)?(cvc|cvv|cvn|csc|cid|cav|cvd)2?(code|number|value)?"
    "|(card)?(security|verification|validation)(code|number|value)"
)
SECURITY_CODE = "The card's security code is not accepted. Send the request without it."


def list_errors(body: bytes, type_: Any) -> list[FieldError]:
    """Every reason why `body` is not a `type_`; empty when it is one."""
    try:
        raw = msgspec.json.decode(body)
    except UnicodeDecodeError:
        return [FieldError(pointer="", detail="The body is not UTF-8.")]
    except RecursionError:
        return [FieldError(pointer="", detail="The body is nested too deeply.")]
    except msgspec.DecodeError:
        return [FieldError(pointer="", detail="The body is not valid JSON.")]
    return list(_walk(raw, type_, ""))


def is_security_code(name: str) -> bool:
    """Whether a field or parameter is named like the code on a card, however it is written."""
    return _SECURITY_CODE.fullmatch(re.sub("[^a-z0-9]", "", name.lower())) is not None


def _struct_of(type_: Any) -> type[msgspec.Struct] | None:
    """The struct behind `type_`, looking through Optional and Annotated."""
    if typing.get_origin(type_) is typing.Annotated:
        return _struct_of(typing.get_args(type_)[0])
    if typing.get_origin(type_) in {typing.Union, types.UnionType}:
        structs = [s for arg in typing.get_args(type_) if (s := _struct_of(arg))]
        return structs[0] if len(structs) == 1 else None
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return type_
    return None


def _item_of(type_: Any) -> Any:
    """What a list type holds, looking through Annotated; None when it is no list."""
    if typing.get_origin(type_) is typing.Annotated:
        return _item_of(typing.get_args(type_)[0])
    return typing.get_args(type_)[0] if typing.get_origin(type_) is list else None


def _walk(raw: Any, type_: Any, pointer: str, meaning: str = "") -> Iterator[FieldError]:
    struct = _struct_of(type_)
    meaning = meaning_of(type_) or meaning
    if struct is not None and isinstance(raw, Mapping):
        yield from _walk_struct(raw, struct, pointer, meaning)
    elif isinstance(raw, list) and (item := _item_of(type_)) is not None:
        yield from _walk_list(raw, type_, item, pointer)
    else:
        for error in _convert(raw, type_, pointer):
            detail = f"{error.detail.removesuffix('.')}. {meaning}" if meaning else error.detail
            yield FieldError(error.pointer, detail)


def _walk_struct(
    raw: Mapping[str, Any], struct: type[msgspec.Struct], pointer: str, meaning: str
) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name in raw.keys() - fields.keys():
        detail = UNKNOWN
        if is_security_code(name):
            detail = SECURITY_CODE
        yield FieldError(pointer=f"{pointer}/{_escape(name)}", detail=detail)
    for name, field in fields.items():
        if name in raw:
            yield from _walk(raw[name], field.type, f"{pointer}/{_escape(name)}", meaning)
        elif field.required:
            yield FieldError(pointer=f"{pointer}/{name}", detail=MISSING)


def _walk_list(raw: list[Any], type_: Any, item_type: Any, pointer: str) -> Iterator[FieldError]:
    errors = [
        error
        for index, item in enumerate(raw)
        for error in _walk(item, item_type, f"{pointer}/{index}")
    ]
    yield from errors or _convert(raw, type_, pointer)


def _convert(raw: Any, type_: Any, pointer: str) -> Iterator[FieldError]:
    convert: Callable[..., Any] = msgspec.convert
    try:
        convert(raw, type_, dec_hook=decode_field)
    except msgspec.ValidationError as error:
        # msgspec adds the path inside this value, which the pointer already tells.
        yield FieldError(pointer, in_words(str(error).split(" - at `")[0], type_))


def in_words(detail: str, type_: Any) -> str:
    """msgspec's words for what is no `type_`, with the choices or both bounds where there are."""
    if detail.startswith("Invalid enum value") and (choices := _choices(type_)):
        return f"Expected one of {', '.join(choices)}."
    if detail.startswith("Expected `int`") and None not in (bounds := bounds_of(type_)):
        return f"Expected a whole number from {bounds[0]} to {bounds[1]}."
    return detail


def bounds_of(type_: Any) -> tuple[int | None, int | None]:
    """The least and the greatest number of an annotated type; None where there is no bound."""
    notes = _notes_of(type_)
    least = next((it.ge for it in notes if it.ge is not None), None)
    most = next((it.le for it in notes if it.le is not None), None)
    return least, most  # type: ignore[return-value]  # what is counted is whole


def meaning_of(type_: Any) -> str:
    """What an annotated type says of itself; empty when it says nothing."""
    return next((it.description for it in _notes_of(type_) if it.description), "")


def _notes_of(type_: Any) -> list[msgspec.Meta]:
    """What an annotation says of a type, looking through Optional."""
    if typing.get_origin(type_) is typing.Annotated:
        return [it for it in typing.get_args(type_)[1:] if isinstance(it, msgspec.Meta)]
    if typing.get_origin(type_) in {typing.Union, types.UnionType}:
        return [note for part in typing.get_args(type_) for note in _notes_of(part)]
    return []


def _choices(type_: Any) -> list[str]:
    if typing.get_origin(type_) is typing.Literal:
        return [str(choice) for choice in typing.get_args(type_)]
    return [choice for part in typing.get_args(type_) for choice in _choices(part)]


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
