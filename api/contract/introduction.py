"""The introduction of the contract, which is the first page of ``/docs``."""

DESCRIPTION = """\
Minilab stores photos and finds out what is in them: metadata, faces, histograms, near-duplicates.
Send files to `POST /v1/jobs` and get a job at once: your ticket. Poll the job or wait for it,
then retrieve the results. Every image of an accepted job reaches a final status.

## First upload

```sh
curl http://127.0.0.1:8000/v1/jobs -H "Authorization: Bearer $MINILAB_KEY" \\
  -H "Prefer: wait=30" -F files=@portrait.jpg
```

`Prefer: wait=30` holds the answer until the job ends, for 30 seconds at most. Without it you get
a 202 at once; follow `Location`. `items[].image_id` of the job names the images: `GET
/v1/images/{image_id}` has the results, and `GET /v1/images/{image_id}/content?variant=thumbnail`
a picture for your page.

## Authentication

Send an API key in each request: `Authorization: Bearer <key>`. An `admin` key may do everything,
a `service` key acts for the users that it names, a `client` key for its own user, a `reader` key
changes nothing. The routes under `/v1/uploads` take the token of an upload link instead. Keys and
tokens are shown once, when they are made.

## Errors

An error is a problem document (RFC 9457) with a stable `code`: see the schema `ErrorCode` for all
of them. Treat an unknown code by its HTTP status. `errors` lists every wrong value of a request:
`parameter`, `header`, or `pointer` into the body. Query parameters that a route does not have are
refused. A file that cannot be used is not an error of the request: it is an item of the job with
an `error`.

After 429 and 503 wait for the seconds of `Retry-After`. Quote `request_id`, which is the
`X-Request-ID` of the answer, to find the request in the service's log.

## Paging

Lists have `items` and, if there are more, `next_cursor`: pass it as `cursor` to get the next
page. `limit` is the size of a page, 100 at most. Lists are ordered newest first, except where
their description says otherwise; an object that is added meanwhile does not move those of later
pages. Lists of API keys, upload links and webhooks have a `total`. Others have none, because
counting what matches a filter costs more than the page: `GET /v1/statistics` has the totals of
all images.

## Idempotency

Send an `Idempotency-Key` with uploads and with requests that create something, and repeat it when
you try again: for 24 hours the same key and content get the same answer, and nothing is stored
twice. `Idempotent-Replayed: true` marks such an answer.

## Webhooks

Instead of polling, register a URL at `POST /v1/webhooks`, or send a `callback_url` with an
upload. Events are signed by the [Standard Webhooks](https://www.standardwebhooks.com)
specification; the section Webhooks lists them. An event can arrive twice: compare `webhook-id`.

## Conventions

Every `GET` route answers `HEAD` as well: with the same status and headers, without a body. Times
are RFC 3339 in UTC. Percent-encode IDs in paths, slashes too. Ignore fields that you do not know,
and treat unknown values of a choice as something else: new ones may be added. Answers from 1 KiB
are compressed for clients that send `Accept-Encoding: gzip`.
"""
