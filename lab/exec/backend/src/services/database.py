"""Whether the lab's PostgreSQL answers, as far as the runbook's one-liner asks for it."""

import asyncio
import os
import struct
import time


async def check_database_health():
    """Knocks with PostgreSQL's SSLRequest, which a server answers before anybody logs in."""
    host = os.environ.get("DATABASE_HOST")
    if host is None:
        return {"status": "unknown", "reason": "this lab has no PostgreSQL"}
    began = time.monotonic()
    try:
        opening = asyncio.open_connection(host, int(os.environ["DATABASE_PORT"]))
        reader, writer = await asyncio.wait_for(opening, 3)
        writer.write(struct.pack("!ii", 8, 80877103))
        answer = await asyncio.wait_for(reader.readexactly(1), 3)
        writer.close()
    except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
        return {"status": "unhealthy", "reason": f"{type(error).__name__}: {error}"}
    healthy = answer in (b"S", b"N")
    took = round((time.monotonic() - began) * 1000, 1)
    return {"status": "healthy" if healthy else "unhealthy", "latency_ms": took}
