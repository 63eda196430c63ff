"""How MongoDB is reached: client, deadlines, transactions, snapshots, leases."""
