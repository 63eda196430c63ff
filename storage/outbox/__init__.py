"""Events recorded by the write that causes them."""
