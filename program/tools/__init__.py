"""Other systems: form tools that reports come from, and DHIS2 that figures go to."""
