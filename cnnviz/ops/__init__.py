"""The lecture's operations, each computed by torch and able to tell its own steps."""
