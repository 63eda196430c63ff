"""The deliverer: sends what is due, and takes down what came of it."""
