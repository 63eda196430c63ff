"""The deliverer: announces events and sends due deliveries."""
