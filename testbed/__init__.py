"""The laboratory: builds emulated clusters, drives them and measures them."""
