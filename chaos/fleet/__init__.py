"""A fleet on one machine: replica set, Sentinels, HAProxy and several processes of each kind."""
