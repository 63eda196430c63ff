"""A discrete simulation of the service at sizes that one machine cannot show."""
