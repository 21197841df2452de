"""The options of a command that has many, as the fields of one dataclass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, cast, get_type_hints

import typer

T = TypeVar("T")


def taking(options: type[T]) -> Callable[[Callable[[typer.Context, T], None]], Callable[..., None]]:
    """Let a command take its options as one value.

    Args:
        options: a dataclass whose fields are annotated as Typer's options, each with a default.
    """
    hints = get_type_hints(options, include_extras=True)

    def decorate(function: Callable[[typer.Context, T], None]) -> Callable[..., None]:
        @wraps(function)
        def command(ctx: typer.Context, **values: Any) -> None:
            function(ctx, options(**values))

        # Typer reads a command's options from its signature and its annotations.
        parameters = [
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
            for field in fields(cast("Any", options))
        ]
        context = Parameter("ctx", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        command.__dict__["__signature__"] = Signature([context, *parameters])
        command.__annotations__ = {"ctx": typer.Context, **hints, "return": None}
        return command

    return decorate
