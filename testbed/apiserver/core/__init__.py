"""The schemas of Kubernetes' core kinds as a table: data that a script makes, so that no schema is written by hand."""
