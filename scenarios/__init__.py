"""One file a scenario: a file added here appears in ``testbed list``."""
