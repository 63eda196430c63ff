"""The whole service under faults and floods: what it promised is counted afterwards."""
