"""The web server of the pages: plain HTTP on loopback, TLS, or a proxy in front of it; nothing else is allowed."""

from __future__ import annotations

import os
import sys
import threading

import uvicorn
from fastapi import FastAPI

from bensync.config.settings import Web

_BUSIEST = 400
_LONGEST_HEAD = 32 * 1024


def make_server(app: FastAPI, web: Web) -> uvicorn.Server:
    """Return the server, not started; ``server.run()`` serves until SIGTERM or SIGINT, ``server.should_exit`` ends it.

    Args:
        app: the pages.
        web: where to listen, and how.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=web.host,
            port=web.port,
            ssl_certfile=web.certificate,
            ssl_keyfile=web.certificate_key,
            proxy_headers=web.behind_proxy,
            # From anywhere else, X-Forwarded-For could name a new address for each try, and undo the limits per
            # address.
            forwarded_allow_ips="127.0.0.1,::1",
            # Addresses of pages and visitors belong in no log that nobody redacts; our own log names routes.
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            ws="none",
            # Each connection costs memory and a file handle; beyond this, 503 is better than no answer for anybody.
            limit_concurrency=_BUSIEST,
            h11_max_incomplete_event_size=_LONGEST_HEAD,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
    )


def address_of(web: Web) -> str:
    """Return the address of the pages on this machine."""
    scheme = "https" if web.certificate is not None else "http"
    return f"{scheme}://{web.listen}/"


def end_with_input(server: uvicorn.Server) -> None:
    """End the server when its standard input closes, as it does when the daemon that holds the other end is gone."""

    def watch() -> None:
        # The kernel closes the pipe even where the daemon ends by SIGKILL; a signal from the daemon could not be sent
        # then.
        while os.read(sys.stdin.fileno(), 1):
            pass
        server.should_exit = True

    threading.Thread(target=watch, name="input", daemon=True).start()
