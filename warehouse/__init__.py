"""The ledger, the facts and their history, the marts. The only user of SQLAlchemy.

`tables` is the schema, `engine` opens and migrates it, `ledger` keeps deliveries and runs, `load` takes a checked
submission in one transaction, `outbox` hands out notices, `queries` answers status, trace and the page.
"""
