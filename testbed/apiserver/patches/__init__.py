"""The ways of changing a part of an object, by the media type of the patch."""
