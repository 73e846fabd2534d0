"""Other systems: form tools that reports come from, and DHIS2 that figures go to.

`tool_form` and `dhis2` are the mappings that a pack declares, `mapping_mistakes` what is wrong with
them, `field_places` how a message names a field. Talking to the systems: `connectors.sources.tools`
and `publish.dhis2`.
"""
