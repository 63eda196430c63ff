"""The ledger: the state of every image and job, and the claims of workers."""
