"""Run the application on one port of this machine."""

from __future__ import annotations

import gc
import sys

import uvicorn
from fastapi import FastAPI

from spy.domain.errors import ConfigError
from spy.site import is_loopback

SWITCH_S = 0.0005
GRACE_S = 2
"""Open streams of changes end with the program, they do not hold it up."""


def server_of(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server that is not running yet; anything but loopback is a ConfigError where nobody has to log in."""
    if not is_loopback(host) and not app.state.has_login:
        raise ConfigError(
            [f"web.host: {host!r} would show the page to others without a login: set [login], or use 127.0.0.1 or ::1"]
        )
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


def settle() -> None:
    """Once, in a process that serves and does nothing else, when all is loaded.

    A full collection goes through all objects of the libraries, while everybody waits: they are set aside, since they
    stay. And whoever waits for the interpreter gets it after half a millisecond instead of five: each answer changes
    threads four times on its way to the store and back.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
