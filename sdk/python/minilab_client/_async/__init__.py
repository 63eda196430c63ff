"""The client itself: once with and once without `async`."""
