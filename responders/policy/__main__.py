"""Print the page that docs/policy.md holds."""

import sys

from responders.policy.page import policy_page

sys.stdout.write(policy_page())
