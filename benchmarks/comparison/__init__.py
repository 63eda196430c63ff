"""Our service beside its peer, in turns on the same pictures and the same servers."""
