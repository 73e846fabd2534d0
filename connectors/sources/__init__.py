"""Sources of deliveries: folders, an HTTP portal, a mailbox, and the register of their kinds."""
