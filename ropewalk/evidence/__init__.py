"""Evidence: whether the hash chain holds, who signed it, and when an authority stamped it."""

from ropewalk.evidence.stamping import Stamp, stamp
from ropewalk.evidence.verifying import Problem, Verification, canonical, link, verify, verify_configured

__all__ = ["Problem", "Stamp", "Verification", "canonical", "link", "stamp", "verify", "verify_configured"]
