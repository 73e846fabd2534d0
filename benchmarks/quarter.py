"""What the generated country reports: forms of one quarter; and the date of the run."""

from program.period import Period

PERIOD = Period.parse("2024-Q4")
AS_OF = "2025-01-20"
FORMS = {
    "training": "tập huấn",
    "works": "công trình",
    "disbursement": "giải ngân",
    "livelihoods": "sinh kế",
}
"""The forms, and what their files are called."""
