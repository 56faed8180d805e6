"""The audit log of the lab's backend: who did what, newest first."""

import json
from pathlib import Path

LOG = Path(__file__).with_name("audit.jsonl")


class AuditLogger:
    def recent(self, limit=10):
        lines = LOG.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in reversed(lines[-limit:])]


def get_audit_logger():
    return AuditLogger()
