"""Metadata strippers, one format a module: each keeps the parts on its list and drops the rest."""
