"""The bundled sample: a published report, and synthetic reports of a province around it.

Production runs none of this code.
"""
