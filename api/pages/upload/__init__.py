"""The upload page: photos go up in parts, and go on where they stopped."""
