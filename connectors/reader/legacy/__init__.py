"""Texts in the encodings before Unicode: TCVN3 (ABC) and VNI."""
