"""The audit trail: who did what. A row is written with the act, in its transaction, and stays."""

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.records.audit import AuditAction, AuditEntry, Signature
from warehouse.tables import AuditRow


def record_act(
    session: Session, action: AuditAction, subject: str, signature: Signature | None
) -> None:
    """Add the act of a person to the audit trail, in the caller's transaction."""
    if signature is None or not signature.by:
        return
    session.add(
        AuditRow(
            at=signature.at,
            signed_by=signature.by,
            action=action,
            subject=subject,
            reason=signature.reason,
        )
    )


def audit_trail(engine: Engine, most: int, subject: str = "") -> list[AuditEntry]:
    """Return the last acts, at most so many, the newest first; of one subject where given."""
    query = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(most)
    if subject:
        query = query.where(AuditRow.subject == subject)
    with Session(engine) as session:
        return [
            AuditEntry(row.at, row.signed_by, row.action, row.subject, row.reason)
            for row in session.scalars(query)
        ]
