"""Field types of the gateway's bodies and paths: none lets a control character through."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Path
from pydantic import Field

from fengqiao_chassis.web import AreaCode
from fengqiao_contracts.values import Channel

from ..domain.accounts import MAX_PASSWORD, MIN_PASSWORD, ROLES

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z:._-]+$")]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$",
    ),
]
Username = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=NO_CONTROLS)]
PersonId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z:._-]+$")]
Password = Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD, pattern=NO_CONTROLS)]
NewPassword = Annotated[
    str,
    Field(
        max_length=MAX_PASSWORD,
        pattern=NO_CONTROLS,
        json_schema_extra={"minLength": MIN_PASSWORD},
    ),
]
NewUsername = Annotated[
    Username,
    Field(json_schema_extra={"pattern": "^[0-9A-Za-z][0-9A-Za-z._-]{0,62}[0-9A-Za-z]$"}),
]
Areas = Annotated[list[AreaCode], Field(max_length=50)]
Role = Annotated[
    str, Field(max_length=40, pattern=NO_CONTROLS, json_schema_extra={"enum": list(ROLES)})
]
System = Annotated[
    str,
    Field(
        max_length=40,
        pattern=NO_CONTROLS,
        json_schema_extra={
            "pattern": "^[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?$",
            "examples": ["court"],
        },
    ),
]
PartnerChannel = Annotated[
    str,
    Field(max_length=40, pattern=NO_CONTROLS, json_schema_extra={"enum": list(get_args(Channel))}),
]
