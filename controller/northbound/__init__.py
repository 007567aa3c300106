"""The Northbound database as the engine sees it: named rows, a replica of those that matter, one writer."""
