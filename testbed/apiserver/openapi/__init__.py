"""The OpenAPI documents, from which kubectl learns fields, ways of merging, and what the server itself can check."""
