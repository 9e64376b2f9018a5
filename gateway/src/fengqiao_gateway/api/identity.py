"""What every route of the gateway may ask for: the door and the caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from ..handlers.callers import Caller
from ..runtime.door import Door
from ..runtime.principals import principal_of


def the_door(request: Request) -> Door:
    """The door that this request came through."""
    door: Door = request.state.door
    return door


async def the_caller(request: Request) -> Caller:
    """The proven caller. Raises Unauthorized, Forbidden or Refusal 429."""
    caller = await the_door(request).gate.identify(request)
    request.state.principal = principal_of(caller)
    return caller


The = Annotated[Door, Depends(the_door)]
Who = Annotated[Caller, Depends(the_caller)]
