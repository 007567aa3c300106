"""The reference: what the code itself says of its commands, objects and metrics, as Markdown."""
