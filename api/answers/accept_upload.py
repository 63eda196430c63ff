"""Answers uploads: headers in, response out."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

import msgspec
from litestar import Response

from api.answers.job_answers import (
    LINK_ROUTE,
    ResultsUrl,
    json_response,
    results_url_of,
    show_job,
    status_route,
    ticket,
)
from api.http.errors import answer_service_error
from api.http.headers import wait_seconds
from api.http.idempotency import REPLAYED
from api.schemas.jobs import JobView
from api.state import ApiRequest
from api.uploads.bodies import BodyKind, IncomingBody, read_kind
from api.uploads.receiving import UploadOptions
from api.uploads.take_in import TakeIn
from domain.errors.capacity import OverLimit
from domain.errors.requests import QuotaExceeded
from domain.jobs import TERMINAL
from storage.acceptance.idempotency import Answered, Reply

ViewFinished = Callable[[JobView], Awaitable[msgspec.Struct]]


async def answer_upload(
    request: ApiRequest,
    take_in: TakeIn,
    prefer: str | None,
    idempotency_key: str | None,
    *,
    query: Mapping[str, str],
    route: str | None = None,
    kinds: Collection[BodyKind] = tuple(BodyKind),
    operations: str | None = None,
    view_finished: ViewFinished | None = None,
) -> Response[Any]:
    """Answer an upload with its ticket, or with its job if the client waits for the end.

    Args:
        request: The request; its body is not read yet.
        query: Fields of a body without any.
        route: The path that another route stands for.
        kinds: The bodies that the route takes.
        operations: Comma list that replaces the one of the form.
        view_finished: Makes the body for a job that has ended, in place of the job.

    Raises:
        ServiceError: The upload cannot be used.
    """
    waited = wait_seconds(prefer)
    route = LINK_ROUTE if request.user.link_id else route or request.scope["path"]
    results = await results_url_of(request)
    show = partial(_reply_of, request, results) if waited is None else None
    options = UploadOptions(route, idempotency_key, waited, operations, request.auth, show)
    incoming = _incoming_body(request, query, kinds)
    response: Response[Any]
    try:
        taken = await take_in.take(request.user, incoming, options)
    except (OverLimit, QuotaExceeded) as refusal:
        response = answer_service_error(request, refusal)
    else:
        if isinstance(taken, Reply):
            response = json_response(taken.body, taken.status, taken.headers)
        elif isinstance(taken, Answered):
            response = json_response(taken.body, taken.status or 200, taken.headers | REPLAYED)
        else:
            response = await _show(request, taken.job, waited, view_finished, results)
            if taken.is_replay:
                response.headers |= REPLAYED
            elif taken.attempt is not None:
                await take_in.keep_answer(taken.attempt, _as_kept(response))
    response.headers |= take_in.admission.headers(request.user)
    response.headers |= await take_in.quota_headers(request.user)
    return response


def _incoming_body(
    request: ApiRequest, query: Mapping[str, str], kinds: Collection[BodyKind]
) -> IncomingBody:
    headers = request.headers
    content_type, encoding = headers.get("content-type"), headers.get("content-encoding")
    kind, parameters = read_kind(content_type, encoding, kinds)
    disposition = headers.get("content-disposition")
    return IncomingBody(
        kind, kinds, parameters, request.content_length, request.stream(), disposition, query
    )


def _reply_of(request: ApiRequest, results: ResultsUrl, job: JobView) -> Reply:
    return _as_kept(ticket(request, job, results=results))


def _as_kept(response: Response[bytes]) -> Reply:
    return Reply(response.status_code or 200, dict(response.headers), response.content)


async def _show(
    request: ApiRequest,
    job: JobView,
    waited: int | None,
    view_finished: ViewFinished | None,
    results: ResultsUrl,
) -> Response[bytes]:
    """Answer 200 if the client has waited for the end of the job, else 202."""
    headers = {} if waited is None else {"Preference-Applied": f"wait={waited}"}
    if waited is None or job.status not in TERMINAL:
        return ticket(request, job, headers, results)
    view = await view_finished(job) if view_finished else show_job(request, job, results)
    headers["Location"] = status_route(request, job.id)
    return json_response(msgspec.json.encode(view), 200, headers)
