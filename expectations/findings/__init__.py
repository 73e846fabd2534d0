"""From a failing row to a finding: its cell, its sentence, cascades, waivers."""
