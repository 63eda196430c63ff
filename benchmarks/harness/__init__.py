"""Parts that benchmarks and fault runs share: clients, pictures, the service under test."""
