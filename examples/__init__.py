"""The bundled sample: one published report and a synthetic province around it.

Nothing of this runs in production.
"""
