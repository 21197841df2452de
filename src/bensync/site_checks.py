"""The checks of `bensync check`: everything that a run of a site needs, each with how to fix it."""

from __future__ import annotations

from collections.abc import Iterable

from bensync.config.permissions import check_permissions
from bensync.core.ports import PreflightFinding
from bensync.errors import BensyncError
from bensync.pipeline import preflight
from bensync.pipeline.context import ReceiverContext, SenderContext
from bensync.wiring import Deployment


def check(deployment: Deployment, name: str) -> Iterable[PreflightFinding]:
    """Yield the preflight findings of one site: state, key, HR and every mapped field, PGP key, upload center, mail."""
    if (broken := deployment.broken.get(name)) is not None:
        yield PreflightFinding("configuration", ok=False, detail=str(broken), fix=broken.fix)
        return
    yield PreflightFinding("configuration", ok=True, detail=str(deployment.path))
    settings = deployment.settings
    yield from check_permissions(deployment.path, name, settings.sites[name], settings.state)
    try:
        store = deployment.store()
        schema = store.check()
        context = (
            deployment.receiver_context(name, store)
            if deployment.receives(name)
            else deployment.sender_context(name, store)
        )
    except BensyncError as error:
        # Everything that follows reads the database or a secret, and would only repeat this finding.
        yield PreflightFinding("database and keys", ok=False, detail=str(error), fix=error.fix)
        return
    yield PreflightFinding("database", ok=True, detail=f"schema {schema}; the state key fits")
    if isinstance(context, ReceiverContext):
        yield from context.opener.check()
        yield from context.inbox.check()
    else:
        yield from context.source.check(context.wanted)
        yield from preflight.findings(context)
        yield from context.cipher.check()
        yield from context.courier.check()
    if not context.channels:
        fix = "Add a [mail] table, or urls to [alerts]."
        yield PreflightFinding("mail", ok=False, detail="no [mail] table: nobody gets notices or alerts", fix=fix)
    for channel in context.channels.values():
        yield from channel.check()
    if isinstance(context, SenderContext) and (heartbeat := deployment.heartbeat(name)) is not None:
        yield from heartbeat.check()
    if deployment.has_benefits(name):
        yield _check_rulebook(deployment, name)


def _check_rulebook(deployment: Deployment, name: str) -> PreflightFinding:
    try:
        book = deployment.rulebook(name)
    except BensyncError as error:
        return PreflightFinding("rulebook", ok=False, detail=str(error), fix=error.fix)
    return PreflightFinding("rulebook", ok=True, detail=f"{len(book.programs)} programs, {len(book.plans)} plans")
