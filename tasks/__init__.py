"""The workers: they take hints, claim work, and write what they find."""
