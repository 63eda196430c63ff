"""The programs behind the embedded stack: where they are, how they start, when they are ready."""
