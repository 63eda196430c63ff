"""Image containers, a module a format: walks the parts, reads the header, strips the metadata.

No pixel is decoded.
"""
