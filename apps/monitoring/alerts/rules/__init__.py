"""What is looked at by itself: one class for each thing that staff have to know of."""

from apps.monitoring.alerts.rules.breakers import BreakersRule
from apps.monitoring.alerts.rules.errors import ErrorsRule
from apps.monitoring.alerts.rules.findings import DuplicatesRule, FreshnessRule
from apps.monitoring.alerts.rules.health import HealthRule
from apps.monitoring.alerts.rules.memory import MemoryRule
from apps.monitoring.alerts.rules.objectives import ObjectivesRule
from apps.monitoring.alerts.rules.queues import QueuesRule
from apps.monitoring.alerts.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    BreakersRule(), QueuesRule(), MemoryRule(), FreshnessRule(), DuplicatesRule(), ErrorsRule(), HealthRule(),
    ObjectivesRule(),
)  # fmt: skip
