"""HTTP for every route: parameters, headers, authentication, errors, the request log."""
