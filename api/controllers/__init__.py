"""One file a resource; handlers authorise, call one function, and return a schema."""
