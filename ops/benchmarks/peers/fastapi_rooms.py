"""FastAPI on asyncpg: no response model, orjson, a connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
import orjson
from fastapi import FastAPI, Query, Request, Response

PAGE = """
select code, size, price, longitude, latitude
from room
where price >= $1
order by price, code
limit $2
"""


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    """Keep a connection pool while the application runs."""
    async with asyncpg.create_pool(min_size=4, max_size=4) as pool:
        application.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/rooms")
async def rooms(
    request: Request,
    filter_price__gte: int = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Search rooms by price."""
    found = await request.app.state.pool.fetch(PAGE, filter_price__gte, limit)
    body = orjson.dumps([dict(each) for each in found], default=str)
    return Response(body, media_type="application/json")
