"""Protocol buffers where kubectl insists on them: the OpenAPI document that it reads and a few bodies that it sends."""
