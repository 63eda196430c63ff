"""The pure middle: values and functions, without a framework, without I/O, without a clock."""
