"""The whole service under faults and floods, with its promises counted afterwards."""
