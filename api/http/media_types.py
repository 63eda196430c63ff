"""Media types beside JSON, and the headers they need."""

SVG = "image/svg+xml"

SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


ARROW = "application/vnd.apache.arrow.stream"

NPY = "application/x-npy"
