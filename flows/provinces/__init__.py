"""The deployments of many provinces on one Prefect server.

`declared` makes of `prefect.yaml` the deployments of each province in `provinces.yaml`
(`program.provinces`); `deploying` writes to the server what differs. The commands are in
`mtqg.provinces`, the guide is docs/many-provinces.md.
"""
