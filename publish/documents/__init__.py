"""Documents in Word: templates with tags, filled from the warehouse."""
