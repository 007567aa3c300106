"""The one idea of the controller: reconcilers say what an object needs, the engine makes the world so.

``View`` is what reconcilers see, ``Fragment`` what they answer, ``Engine`` who asks whom again after a change.
"""
