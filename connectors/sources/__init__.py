"""Sources of deliveries: a folder, an HTTP portal, and the register of the kinds there are."""
