"""One file a scenario: a file added here appears in ``testbed list``. A file whose name begins with ``_`` does not."""
