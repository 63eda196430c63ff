"""Uvicorn, with the limits that this service needs: all changes to it are in this package.

- :mod:`api.server.protocol` replaces the class of HTTP connections: limits of headers, and a way
  for an application to abort its connection.
- :mod:`api.server.server` replaces the class of the server: event streams end before it waits for
  running answers, and a failed background task ends the process.
- :mod:`api.server.lingering_close` wraps the application: early answers reach clients that are
  still sending.

The first two override methods of uvicorn that its documentation does not promise to keep;
``tests/integration/test_uvicorn.py`` fails if a new version changes them.
"""
