"""Fair sharing between tenants: admission, rates, work units, estimates."""
