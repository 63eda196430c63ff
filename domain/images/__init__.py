"""What Minilab does with one image. ``formats``, ``operations`` and ``values`` stay light.

The light modules load no decoder, so that a process which only talks about images (the API)
starts fast and never has a decoder in its memory.
"""
