"""Write the synthetic sample. Usage: python -m examples.synthetic."""

from examples.seed_report import INBOX
from examples.synthetic import build

written = 0
for path, content in build():
    target = INBOX / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    written += 1
print(f"{written} synthetic files below examples/inbox")
