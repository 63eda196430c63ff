"""Operations on one image.

``formats``, ``operations`` and ``values`` import no decoder, so that the API starts fast and
never has one in its memory.
"""
