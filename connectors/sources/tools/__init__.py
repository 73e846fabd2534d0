"""Form tools as sources: KoboToolbox and ODK Central."""
