"""Header readers, one format a module."""
