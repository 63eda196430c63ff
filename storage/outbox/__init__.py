"""Events, owed from the write that causes them."""
